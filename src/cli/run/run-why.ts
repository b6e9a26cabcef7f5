import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { RunId } from "../../model/run.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { findJob } from "../../query/find-job.ts";
import type { WhyAnswer } from "../../query/why/answer.ts";
import { type AskedTime, parseAskedTime } from "../../query/why/asked-time.ts";
import type { AskedJob } from "../../query/why/evidence.ts";
import { explain } from "../../query/why/explain.ts";
import { createSayTime } from "../../query/why/say-time.ts";
import { wordsOf } from "../../query/why/words.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickAmong } from "../pick-job.ts";
import { visible } from "../print/visible.ts";
import { relativeTime } from "../../query/times.ts";
import { pickRun, printRun } from "./run-show.ts";
import { whyRecord } from "./why-fields.ts";

/** `run why`: why a job ran, ran late or did not run at a minute, out of what is stored. */
export function runWhy(call: Invocation, job: string, time: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    if (time !== "") await answer(call, fleet, await pickAskedJob(fleet, job), time);
    else await whyOfRun(call, fleet, job);
    return EXIT.ok;
  });
}

async function answer(call: Invocation, fleet: Fleet, job: AskedJob, time: string): Promise<void> {
  const zone = job.document?.parsed.ok === true ? job.document.parsed.value.schedule.zone : undefined;
  const asked = parseAskedTime(time, zone ?? (await fleet.fleetZone.read()), await fleet.serverTime.now());
  if (asked === undefined) {
    throw new ExitError(
      EXIT.usage,
      `"${visible(time)}" is no time`,
      'Write it as 12:05, "yesterday 12:05" or 2026-11-21T12:05 in the zone of the job, or as 2026-11-21T11:05:00Z.',
    );
  }
  await printAnswers(call, fleet, job, asked);
}

/** Without a time the id of a run is meant: why that run is as it is. */
async function whyOfRun(call: Invocation, fleet: Fleet, id: string): Promise<void> {
  const run: RunRecord | undefined = await fleet.runs.find(id as RunId);
  if (run === undefined && !id.includes("|"))
    throw new ExitError(
      EXIT.usage,
      "name a job and a time, or the id of a run",
      `fleetcron run why ${visible(id)} 12:05`,
    );
  if (run === undefined) return void (await pickRun(fleet, id));
  if (run.trigger === "manual") {
    call.print.words("A person asked for this run; no schedule was involved.");
    return printRun(call, fleet, run);
  }
  const document = (await fleet.jobs.readAll()).find((it) => it.id === run.jobId);
  const job: AskedJob = { id: run.jobId, name: document?.name ?? run.jobName, document };
  await printAnswers(call, fleet, job, { moments: [run.scheduledFor], inGap: undefined });
}

/** Also a job whose document is gone, as long as agents have known it. */
async function pickAskedJob(fleet: Fleet, idOrName: string): Promise<AskedJob> {
  const documents = await fleet.jobs.readAll();
  const match = findJob(documents, idOrName);
  if (match.outcome === "none") {
    const [gone, second] = await fleet.jobPast.known(idOrName);
    if (gone !== undefined && second === undefined) return { ...gone, document: undefined };
  }
  const document = pickAmong(documents, idOrName, "`fleetcron job list` shows the names.");
  return { id: document.id, name: document.name, document };
}

async function printAnswers(call: Invocation, fleet: Fleet, job: AskedJob, asked: AskedTime): Promise<void> {
  const answers = await explain(fleet, job, asked);
  const [first] = answers;
  if (first === undefined) return;
  const record = answers.length === 1 ? whyRecord(first) : { answers: answers.map(whyRecord) };
  call.print.thing(record, () => answers.map((it) => answerText(call, it)).join("\n\n"));
}

function answerText({ print }: Invocation, answer: WhyAnswer): string {
  const { headlines, facts, advice } = wordsOf(answer);
  const whole = answer.asked.inGap?.text ?? createSayTime(answer.zone, answer.at).whole(answer.at);
  const head = `${print.paint("strong", visible(answer.job.name))} at ${whole} ${answer.zone} (${relativeTime(answer.at, answer.now)})`;
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  let before = "";
  const lines = facts.map(([name, text]) => {
    const shown = name === before ? "" : name;
    before = name;
    return `  ${print.paint("quiet", shown.padEnd(width))}  ${visible(text)}`;
  });
  const last = advice === undefined ? [] : ["", visible(advice)];
  return [head, ...headlines.map(visible), "", ...lines, ...last].join("\n");
}
