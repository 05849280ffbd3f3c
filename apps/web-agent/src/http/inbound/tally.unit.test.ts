import { createLogger, createMetrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import { MessageTally } from './tally.ts';

it('messages that come as a gateway’s and are refused are told of from the eleventh on; what lies in a mailbox, and what is nobody’s, is not', async () => {
  const metrics = createMetrics();
  const tally = new MessageTally({ logger: createLogger({ name: 'test', level: 'silent' }), metrics });
  const reasons = ['forged', 'late', 'unreadable'] as const;
  const refused = (times: number, from: object) => {
    for (let n = 0; n < times; n += 1) tally.refused({ gateway: 'twilio', ...from }, reasons[n % 3] ?? 'forged');
  };
  refused(10, { requestId: 'r' });
  refused(50, { gateway: 'mailbox', mailbox: 'codes' });
  for (let n = 0; n < 50; n += 1) tally.given({ gateway: 'twilio' }, { end: 'nobody' });
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: [], cloudWatch: [] });
  refused(1, { requestId: 'r' });
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: ['rcm-gateway-refused'], cloudWatch: ['rcm-gateway-refused'] });
});
