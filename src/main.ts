#!/usr/bin/env node
import { runCli } from "./cli/run-cli.ts";
import { createCliDeps } from "./compose/cli-deps.ts";

process.exitCode = await runCli(createCliDeps(), process.argv.slice(2));
