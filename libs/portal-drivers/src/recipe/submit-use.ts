import type { Path, Report } from './report.ts';
import type { Step } from './step.ts';

/**
 * Checks that exactly one step is marked as the submit, and that it is the right one: a press after the secret is typed, or with `from_here` the
 * `fill` that types it first, with a press behind it.
 */
export function checkSubmit(steps: readonly Step[], path: Path, secret: string, report: Report): void {
  for (const [index, step] of steps.entries()) {
    if (step.optional && marked(step.optional.steps)) report([...path, index, 'optional'], 'must not hold the submit step: it would be sent only sometimes');
  }
  const marks = steps.flatMap((step, index) => (step.submit === undefined ? [] : [index]));
  const [mark] = marks;
  if (mark === undefined || marks.length > 1) return void report(path, `needs exactly one step marked "submit: true", has ${marks.length}`);
  const typed = steps.findIndex((step) => types(step, secret));
  if (typed === -1) return void report(path, `never types {credential: ${secret}}`);
  if (steps[mark]?.submit === 'from_here') return void checkFromHere(steps, { path, mark, typed, secret }, report);
  if (typed > mark) report([...path, mark, 'submit'], `comes before {credential: ${secret}} is typed`);
}

interface FromHere {
  readonly path: Path;
  readonly mark: number;
  readonly typed: number;
  readonly secret: string;
}

function checkFromHere(steps: readonly Step[], { path, mark, typed, secret }: FromHere, report: Report): void {
  if (typed !== mark) report([...path, mark, 'submit'], `belongs to the step that types {credential: ${secret}} first`);
  const sends = steps.slice(mark + 1).some((step) => step.press !== undefined || step.key !== undefined);
  if (!sends) report([...path, mark, 'submit'], 'needs a press or key behind it that sends what was typed');
}

const marked = (steps: readonly Step[]): boolean =>
  steps.some((step) => step.submit !== undefined || (step.optional !== undefined && marked(step.optional.steps)));

const types = (step: Step, secret: string): boolean =>
  step.fill?.with.credential === secret || (step.optional?.steps.some((inner) => types(inner, secret)) ?? false);
