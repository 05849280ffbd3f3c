import { markManualDue } from '@rcm/db/rotation';
import type { RotatorConfig } from '../../config.ts';
import { readForConsole } from '../../break-glass/read-for-console.ts';
import { detectManualChanges } from '../../manual/detect-changes.ts';
import type { NotificationChannel } from '../../notifications/channel.ts';
import type { Rotator } from '../../rotator.ts';
import { TypedLogins } from '../../typing/typed-logins.ts';
import { doAskedActs } from '../asked-acts.ts';
import { takeUpLeftRequests } from '../asked.ts';
import type { Chore } from '../service.ts';

/** A command seldom dies between asking and planning. What cannot begin is tried for a day, and keeps agents from its login for a part of the time only. */
const ASKED_EVERY_MS = 60_000;
const ASKED_PAUSE_MS = 300_000;
const TAKEN_UP_AT_ONCE = 5;
/** Acts of people that this process has in hand at once: a rotation that waits must not keep a verification waiting. */
const HANDS = 4;

/** What people do and ask for: secrets that they rotate themselves, acts, requests that nobody began, what they read and type in the console. */
export function choresForPeople(rotator: Rotator, channels: readonly NotificationChannel[], config: RotatorConfig): readonly Chore[] {
  const { db } = rotator;
  return [
    {
      name: 'look at secrets that people rotate',
      everyMs: config.RCM_ROTATOR_MANUAL_SCAN_MS,
      async round(signal, intake) {
        await markManualDue(db);
        await detectManualChanges(rotator, {
          reads: config.RCM_ROTATOR_MANUAL_READS,
          dueMs: config.RCM_ROTATOR_MANUAL_DUE_MS,
          idleMs: config.RCM_ROTATOR_MANUAL_IDLE_MS,
          signal,
          intake,
        });
      },
    },
    ...Array.from({ length: HANDS }, (_, i) => ({
      name: `what people ask for, hand ${i + 1}`,
      everyMs: config.RCM_ROTATOR_ASKED_SCAN_MS,
      round: (signal: AbortSignal, intake: AbortSignal) => doAskedActs(rotator, signal, intake),
    })),
    ...(config.RCM_BREAK_GLASS_PAGE
      ? [
          {
            name: 'passwords that the console shows',
            everyMs: config.RCM_ROTATOR_ASKED_SCAN_MS,
            round: (signal: AbortSignal, intake: AbortSignal) => readForConsole({ db, rotator, channels }, config, { signal, intake }),
          },
        ]
      : []),
    ...(config.RCM_SET_PAGE ? typing(rotator, config) : []),
    {
      name: 'rotations that were asked for and not begun',
      everyMs: ASKED_EVERY_MS,
      round: (signal, intake) => takeUpLeftRequests(rotator, { limit: TAKEN_UP_AT_ONCE, pauseMs: ASKED_PAUSE_MS, signal, intake }),
    },
  ];
}

/** What people type into the console: keys are offered by one, and what was typed is taken by several, so that nobody waits for another's portal. */
function typing(rotator: Rotator, { RCM_ROTATOR_ASKED_SCAN_MS: everyMs }: RotatorConfig): readonly Chore[] {
  const typed = new TypedLogins(rotator);
  return [
    { name: 'logins that people set from the console', everyMs, round: (_, intake) => typed.offer(intake), leave: () => typed.leave() },
    ...Array.from({ length: HANDS }, (_, i) => ({
      name: `what people typed, hand ${i + 1}`,
      everyMs,
      round: (signal: AbortSignal, intake: AbortSignal) => typed.setAll(signal, intake),
    })),
  ];
}
