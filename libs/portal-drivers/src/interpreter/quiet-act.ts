import { RcmError } from '@rcm/telemetry';
import type { Value } from '../recipe/value.ts';
import type { StepTrace } from '../trace.ts';
import type { ActTime } from './act-time.ts';
import type { Act } from './act.ts';
import type { OutcomeWatch, Worded } from './outcome-watch.ts';
import { type SessionParts, tellStep } from './parts.ts';

/** An act that sends no credential: a task, a logout, a look whether the session holds. */
export function quietAct<W extends Worded>(
  parts: SessionParts,
  options: { readonly name: StepTrace['act']; readonly time: ActTime; readonly outcomes: OutcomeWatch<W>; plain(value: Value): string },
): Act<W> {
  const never = () => Promise.reject(new RcmError('recipe_invalid', `${options.name}: no credential is sent here.`));
  return {
    name: options.name,
    watch: parts.watch,
    interruptions: parts.interruptions,
    requestGate: parts.requestGate,
    time: options.time,
    outcomes: options.outcomes,
    stepDeadlineMs: parts.recipe.step_deadline_ms,
    address: parts.places.address,
    resolve: (value) => ({ plain: options.plain(value) }),
    seal: () => undefined,
    typedFields: [],
    beforeSubmit: never,
    submitted: () => undefined,
    isFree: () => false,
    oneTimeCode: never,
    expiry: () => undefined,
    onStep: (trace) => tellStep(parts, trace),
  };
}
