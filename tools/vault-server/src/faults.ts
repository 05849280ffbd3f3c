import { z } from 'zod';

const NODE_STATES = ['active', 'standby', 'uninitialized', 'sealed'] as const;

/** What state the node is in; only `active` serves requests. */
export type NodeState = (typeof NODE_STATES)[number];

/** What may go wrong; strict, so a misspelt fault is refused instead of being no fault. */
export const faultSchema = z.strictObject({
  /** The requests meant, as `<verb> <start of the path>`: `write kv/data/`, `write auth/approle/login`; every request without it. */
  match: z.string().max(512).optional(),
  /**
   * sealed, standby, uninitialized: the node is in that state; throttled: a rate limit quota is exceeded (429); error500: an internal
   * error; slow: answers after `delayMs`; drop: the connection ends without an answer; none: nothing.
   */
  kind: z.enum(['sealed', 'standby', 'uninitialized', 'throttled', 'error500', 'slow', 'drop', 'none']),
  /** `after` lets error500 and drop hit once the act is committed: the caller cannot know. Default `before`. */
  when: z.enum(['before', 'after']).optional(),
  /** Milliseconds; default 1,000. */
  delayMs: z.number().int().min(0).max(600_000).optional(),
  /** Ends after so many requests were hit; without it, with the next `setFaults`. */
  count: z.number().int().min(0).optional(),
});

export type Fault = z.output<typeof faultSchema>;

export interface InjectedFault {
  readonly kind: Fault['kind'];
  readonly when: 'before' | 'after';
  readonly delayMs: number;
}

export interface Faults {
  /** Replaces all faults. */
  set(faults: readonly Fault[]): void;
  /** The first fault that hits this request, counted as used. */
  take(request: string): InjectedFault | null;
  /** What `sys/health` says; asking uses nothing up. */
  state(): NodeState;
}

const DEFAULT_DELAY_MS = 1_000;

export function createFaults(): Faults {
  let active: { readonly fault: Fault; left: number }[] = [];
  const live = () => active.filter(({ fault, left }) => fault.kind !== 'none' && left > 0);
  return {
    set(faults) {
      active = faults.map((fault) => ({ fault, left: fault.count ?? Number.POSITIVE_INFINITY }));
    },
    take(request) {
      const entry = live().find(({ fault }) => request.startsWith(fault.match ?? ''));
      if (!entry) return null;
      entry.left -= 1;
      const { kind, when = 'before', delayMs = DEFAULT_DELAY_MS } = entry.fault;
      return { kind, when: kind === 'error500' || kind === 'drop' ? when : 'before', delayMs };
    },
    state: () => NODE_STATES.find((state) => live().some(({ fault }) => fault.kind === state)) ?? 'active',
  };
}
