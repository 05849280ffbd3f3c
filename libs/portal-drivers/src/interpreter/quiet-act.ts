import { RcmError } from '@rcm/telemetry';
import type { Value } from '../recipe/value.ts';
import type { StepTrace } from '../trace.ts';
import type { ActTime } from './act-time.ts';
import type { Act } from './act.ts';
import type { OutcomeWatch, Worded } from './outcome-watch.ts';
import { type SessionDependencies, tellStep } from './dependencies.ts';

/** An act that sends no credential: a task, a logout, a look whether the session holds. */
export function quietAct<W extends Worded>(
  dependencies: SessionDependencies,
  options: { readonly name: StepTrace['act']; readonly time: ActTime; readonly outcomes: OutcomeWatch<W>; plain(value: Value): string },
): Act<W> {
  const never = () => Promise.reject(new RcmError('recipe_invalid', `${options.name}: no credential is sent here.`));
  return {
    name: options.name,
    watch: dependencies.watch,
    interruptions: dependencies.interruptions,
    requestGate: dependencies.requestGate,
    time: options.time,
    outcomes: options.outcomes,
    stepDeadlineMs: dependencies.recipe.step_deadline_ms,
    address: dependencies.places.address,
    resolve: (value) => ({ plain: options.plain(value) }),
    seal: () => undefined,
    typedFields: [],
    beforeSubmit: never,
    submitted: () => undefined,
    begins: () => undefined,
    isFree: () => false,
    oneTimeCode: never,
    room: () => undefined,
    expiry: () => undefined,
    onStep: (trace) => tellStep(dependencies, trace),
  };
}
