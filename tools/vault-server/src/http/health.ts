import type { NodeState } from '../faults.ts';
import type { Answer } from './answer.ts';

/** Default statuses of `sys/health` (openbao http/sys_health.go). */
const STATUS: Readonly<Record<NodeState, number>> = { active: 200, standby: 429, uninitialized: 501, sealed: 503 };

/** `GET|HEAD sys/health`: needs no token and answers in every state. */
export const health = (state: NodeState, now: Date): Answer => ({
  status: STATUS[state],
  body: {
    ...{ initialized: state !== 'uninitialized', sealed: state === 'sealed' || state === 'uninitialized', standby: state !== 'active' },
    ...{ performance_standby: false, server_time_utc: Math.floor(now.getTime() / 1000), version: '2.5.0' },
  },
});
