import { withDeadline } from '@rcm/telemetry';
import type { StepOptions } from '../driver.ts';
import type { Step } from '../recipe/step.ts';
import { createOutcomeWatch, type Worded } from './outcome-watch.ts';
import { type SessionDependencies, timeOf } from './dependencies.ts';
import { quietAct } from './quiet-act.ts';
import { runSteps } from './steps.ts';

export interface Followed {
  readonly steps: readonly Step[];
  /** What is waited for once the steps are done. */
  readonly words: readonly Worded[];
  /** What ends them before they are. */
  readonly early?: readonly Worded[];
}

/** Runs steps that send no credential, until one of the words shows. */
export function follow(
  dependencies: SessionDependencies,
  name: 'check' | 'logout',
  options: StepOptions,
  { steps, words, early = [] }: Followed,
): Promise<Worded> {
  dependencies.requestGate.reset();
  dependencies.watch.home();
  return withDeadline({ ms: options.deadlineMs, what: name, signal: options.signal }, async (signal) => {
    const outcomes = createOutcomeWatch<Worded>(dependencies.watch, early);
    const time = timeOf(dependencies, { deadlineMs: options.deadlineMs, signal });
    const act = quietAct<Worded>(dependencies, { name, time, outcomes, plain: (value) => value.text ?? '' });
    const ended = await runSteps(act, steps);
    outcomes.expect(words);
    return ended ?? time.until(`The end of the ${name}`, time.stepMs(act.stepDeadlineMs), outcomes.look);
  });
}
