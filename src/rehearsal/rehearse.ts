import { createRedactor } from "../chain/redact/redact.ts";
import type { Job } from "../model/job.ts";
import type { JobTest } from "../model/job-test.ts";
import type { EndStatus } from "../model/run.ts";
import { differencesOf } from "./differences.ts";
import { type Performance, play, type RehearsalParts } from "./play.ts";
import type { RehearsedRequest } from "./scripted-target.ts";
import { shortened } from "./shortened.ts";
import type { Difference } from "./value-differences.ts";

/** What came of one test of a job. No given secret of four characters or more stands in it. */
export interface TestReport {
  readonly name: string;
  /** None: the test is ok. */
  readonly differences: readonly Difference[];
  /** What the run did, in order. */
  readonly requests: readonly RequestNote[];
  /** Given answers that nothing asked for, counted from 1. */
  readonly unusedAnswers: readonly number[];
  readonly result: EndStatus | undefined;
  readonly reason: string | undefined;
  /** Virtual time. */
  readonly tookMs: number;
}

interface RequestNote {
  /** Virtual time since the start of the run. */
  readonly afterMs: number;
  readonly step: string | undefined;
  readonly method: string;
  readonly url: string;
  /** What it was answered: `204`, `timeout`, `no answer is given`. */
  readonly answered: string;
}

const TEXT_CHARACTERS_MAX = 500;

/** Plays one test of a job and says in which points the run came otherwise than expected. */
export async function rehearse(job: Job, test: JobTest, parts: RehearsalParts): Promise<TestReport> {
  const { given, expected } = test;
  const played = await play(job, given, parts);
  const { redact } = createRedactor(given.secrets);
  // Only what is clean is cut: half a secret would not be known for one.
  const shown = (text: string): string => shortened(redact(text), TEXT_CHARACTERS_MAX);
  const differences = differencesOf(expected, played).map((it) => ({
    about: shown(it.about),
    expected: shown(it.expected),
    got: shown(it.got),
  }));
  return {
    name: redact(test.name),
    differences,
    requests: played.requests.map((it) => noteOf(it, test, redact)),
    unusedAnswers: played.unusedAnswers.map((index) => index + 1),
    result: played.end?.status,
    reason: reasonOf(played, redact),
    tookMs: played.tookMs,
  };
}

function noteOf(
  { request, step, at, answer }: RehearsedRequest,
  { given }: JobTest,
  redact: (text: string) => string,
): RequestNote {
  return {
    afterMs: at - given.scheduledFor,
    step: step === undefined ? undefined : redact(step),
    method: request.method,
    url: redact(request.url),
    answered: answeredWords(answer === undefined ? undefined : given.answers[answer]),
  };
}

function answeredWords(answer: JobTest["given"]["answers"][number] | undefined): string {
  if (answer === undefined) return "no answer is given";
  return answer.outcome.kind === "response" ? String(answer.outcome.status) : answer.outcome.cause;
}

function reasonOf({ end, trouble }: Performance, redact: (text: string) => string): string | undefined {
  const reason = trouble ?? end?.reason;
  return reason === undefined ? undefined : redact(reason);
}
