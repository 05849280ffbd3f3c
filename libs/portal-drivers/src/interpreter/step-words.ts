import { declaredFor, type Step, stepKind } from '../recipe/step.ts';
import type { Target } from '../recipe/target.ts';
import { describeTarget } from './locate.ts';

/** The element that a step acts on; `undefined` for steps that act on the page. */
export function stepTarget(step: Step): Target | undefined {
  if (step.fill) return step.fill.into ?? { declared: declaredFor(step.fill.with) ?? 'username' };
  if (step.totp) return step.totp.into ?? { declared: 'one-time-code' };
  return step.choose?.in ?? step.check ?? step.press ?? step.hover ?? step.key?.on;
}

/** Name of a step in traces and messages: only words of the recipe. */
export function stepName(step: Step): string {
  if (step.name) return step.name;
  const target = stepTarget(step);
  return target ? `${stepKind(step)} ${describeTarget(target)}` : step.open !== undefined ? `open ${step.open}` : stepKind(step);
}
