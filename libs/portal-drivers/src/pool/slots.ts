import { RcmError } from '@rcm/telemetry';

export interface Slots {
  /** Waits for a place; the returned function gives it back (once). Fails with `browser_unavailable` or `cancelled`. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Refuses everyone who waits and who comes later. */
  close(): void;
}

interface Waiter {
  readonly grant: () => void;
  readonly refuse: (error: RcmError) => void;
}

/** A bounded number of places with a bounded queue, served in the order of arrival. */
export function createSlots(options: { readonly size: number; readonly maxWaiting: number; readonly waitMs: number }): Slots {
  const waiting = new Set<Waiter>();
  let free = options.size;
  let closed = false;

  const place = (): (() => void) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const [next] = waiting;
      if (next) next.grant();
      else free += 1;
    };
  };

  function wait(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
      };
      const waiter: Waiter = {
        grant: () => {
          leave();
          resolve(place());
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const cancel = () => waiter.refuse(new RcmError('cancelled', 'Waiting for a browser context was cancelled.'));
      const timer = setTimeout(
        () => waiter.refuse(new RcmError('browser_unavailable', `No browser context became free within ${options.waitMs} ms.`)),
        options.waitMs,
      );
      signal.addEventListener('abort', cancel, { once: true });
      waiting.add(waiter);
    });
  }

  return {
    async take(signal) {
      if (signal.aborted) throw new RcmError('cancelled', 'Waiting for a browser context was cancelled.');
      if (closed) throw new RcmError('browser_unavailable', 'The browser pool is closed.');
      if (free > 0) {
        free -= 1;
        return place();
      }
      if (waiting.size >= options.maxWaiting) throw new RcmError('browser_unavailable', `Already ${waiting.size} wait for a browser context.`);
      return wait(signal);
    },
    close() {
      closed = true;
      for (const waiter of [...waiting]) waiter.refuse(new RcmError('browser_unavailable', 'The browser pool is closed.'));
    },
  };
}
