import { wasTold } from '@rcm/db/acts';
import { RcmError } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { deliverNow, type Delivering } from '../services.ts';

const LOOK_MS = 250;

/**
 * Returns once people have been told that a password is read: by a channel that somebody listens to, where one is configured, else by the log. Fails with
 * `deadline_exceeded` where none has taken it within three deadlines of a channel: then nothing is shown.
 */
export async function tellFirst(
  opened: Delivering,
  config: RotatorConfig,
  { id, orgId, signal }: { readonly id: string; readonly orgId: string; readonly signal: AbortSignal },
): Promise<void> {
  const names = opened.channels.map(({ name }) => name);
  const heard = names.filter((name) => name !== 'log');
  const channels = heard.length > 0 ? heard : names;
  const giveUpAt = performance.now() + 3 * config.RCM_NOTICE_DEADLINE_MS;
  for (;;) {
    // A rotator that runs may have the notification in hand already: then it is the one that delivers it.
    await deliverNow(opened, config);
    if (await wasTold(opened.db, { id, orgId, channels })) return;
    if (performance.now() > giveUpAt)
      throw new RcmError('deadline_exceeded', `Nobody could be told that the password is read (by ${channels.join(', ')}), so it is not. Nothing was shown.`);
    await opened.rotator.clock.sleep(LOOK_MS, signal);
  }
}
