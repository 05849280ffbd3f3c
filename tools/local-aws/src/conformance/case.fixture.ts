import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backend } from '@rcm/test-services';
import { startSubject, type Subject } from './subject.fixture.ts';

/** What a case works with: the subject, and names nobody else uses. */
export interface Stage extends Subject {
  /** A hierarchy of this case alone, two levels deep: `/conformance/<id>`. */
  readonly path: string;
  /** A plain name of this case alone. */
  readonly name: string;
}

export interface ConformanceCase {
  readonly title: string;
  /** The AWS document that says so, by name, and its rule in our words. */
  readonly cites: string;
  run(stage: Stage): Promise<void>;
  /** local-aws follows the document; who does not, and how. */
  readonly departs?: { readonly emulator: string };
}

/**
 * Registers the cases of one file. They run against local-aws on the backend `embedded` and against the emulator on
 * `containers`, the same code on both. A declared departure is run there too and must fail; if it passes on the stand-in the
 * declaration is stale and the case is red, while a real LocalStack (another version, other gaps) may follow AWS.
 */
export function conformance(cases: readonly ConformanceCase[]): void {
  let subject: Subject;
  const departures: string[] = [];
  beforeAll(async () => {
    subject = await startSubject();
  });
  afterAll(async () => {
    await subject.close();
    if (backend() === 'containers') report(cases.length, departures);
  });
  for (const each of cases) {
    test(`${each.title} [${each.cites}]`, async () => {
      const id = randomUUID();
      const stage: Stage = { ...subject, path: `/conformance/${id}`, name: `conformance-${id}` };
      if (!each.departs || subject.kind === 'local-aws') return each.run(stage);
      const outcome = await each.run(stage).then(
        () => null,
        (error: unknown) => error,
      );
      if (outcome !== null) {
        expect(isAnswer(outcome), `the emulator did not answer: ${inspect(outcome)}`).toBe(true);
        departures.push(`${each.title}: ${each.departs.emulator} (${each.cites})`);
      } else {
        expect(subject.kind, 'the emulator follows AWS here: the declared departure is stale').not.toBe('stand-in');
      }
    });
  }
}

/** A failed expectation or an error the service answered; a broken connection says nothing about conformance. */
const isAnswer = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AssertionError' || '$metadata' in error || error.name === 'SyntaxError');

function report(cases: number, departures: readonly string[]): void {
  const lines = departures.map((departure) => `  local-aws follows AWS, the emulator departs: ${departure}\n`);
  process.stdout.write(
    `conformance: ${cases} cases run on the container, ${cases - departures.length} as AWS documents, ${departures.length} declared departures\n${lines.join('')}`,
  );
}

/** Expects an AWS error by name; `status` where the document names one other than 400, `any` where the case is not about it. */
export async function refused(call: Promise<unknown>, name: string, status: number | 'any' = 400): Promise<void> {
  const error = await call.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error, `expected ${name}, but the call went through`).not.toBeNull();
  expect(error).toMatchObject({ name, ...(status === 'any' ? {} : { $metadata: { httpStatusCode: status } }) });
}
