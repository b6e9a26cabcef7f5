#!/usr/bin/env node
import { runCli } from "./cli/run-cli.ts";
import { createCliDeps } from "./compose/cli-deps.ts";
import { tolerateClosedPipes } from "./compose/closed-pipes.ts";

tolerateClosedPipes(process.stdout, process.stderr);
process.exitCode = await runCli(createCliDeps(), process.argv.slice(2));
