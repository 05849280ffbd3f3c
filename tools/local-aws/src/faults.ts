import { z } from 'zod';
import { seededRandom } from './seeded-random.ts';

/** What may go wrong on the way; strict, so a misspelt fault is refused instead of being no fault. */
export const faultSchema = z.strictObject({
  /** A service (`ssm`, `secretsmanager`, `kms`, `sts`, `sns`, `s3`) or one operation (`ssm:PutParameter`); every call without it. */
  match: z.string().max(128).optional(),
  /**
   * slow: answers after `delayMs`; throttle: ThrottlingException; error500: InternalServerError; drop: the connection ends without an answer;
   * down: the same, never after the act; none: nothing.
   */
  kind: z.enum(['slow', 'throttle', 'error500', 'drop', 'down', 'none']),
  /** `after` lets error500 and drop hit once the act is committed: the caller cannot know. Default `before`. */
  when: z.enum(['before', 'after']).optional(),
  /** Milliseconds; default 1,000. */
  delayMs: z.number().int().min(0).max(600_000).optional(),
  /** Share of the matching calls, 0 to 1; default 1. */
  probability: z.number().min(0).max(1).optional(),
  /** Makes the choice of calls repeatable; default 1. */
  seed: z.number().int().optional(),
  /** Ends after so many calls were hit; without it, with the next `setFaults`. */
  count: z.number().int().min(0).optional(),
});

export type Fault = z.output<typeof faultSchema>;
export type FaultKind = Exclude<Fault['kind'], 'none'>;

export interface InjectedFault {
  readonly kind: FaultKind;
  readonly when: 'before' | 'after';
  readonly delayMs: number;
}

export interface Faults {
  /** Replaces all faults. */
  set(faults: readonly Fault[]): void;
  /** The first fault that hits this call, counted as used. */
  take(service: string, operation: string): InjectedFault | null;
  /** Whether no call of this service gets through: what another region sends does not either. */
  isAway(service: string): boolean;
}

const DEFAULT_DELAY_MS = 1_000;

export function createFaults(): Faults {
  let active: { readonly fault: Fault; readonly random: () => number; left: number }[] = [];
  return {
    set(faults) {
      active = faults.map((fault) => ({ fault, random: seededRandom(fault.seed ?? 1), left: fault.count ?? Number.POSITIVE_INFINITY }));
    },
    take(service, operation) {
      for (const entry of active) {
        const { kind, match, probability = 1, when = 'before', delayMs = DEFAULT_DELAY_MS } = entry.fault;
        if (kind === 'none' || entry.left <= 0) continue;
        if (match !== undefined && match !== service && match !== `${service}:${operation}`) continue;
        if (entry.random() >= probability) continue;
        entry.left -= 1;
        return { kind, when: kind === 'down' || kind === 'throttle' ? 'before' : when, delayMs };
      }
      return null;
    },
    isAway: (service) =>
      active.some(
        ({ fault: { kind, match = service, probability = 1 }, left }) =>
          (kind === 'down' || kind === 'drop') && match === service && probability >= 1 && left > 0,
      ),
  };
}
