import { asSuperuser } from '@rcm/db/testing';
import { type Metrics, Secret } from '@rcm/telemetry';
import { Webhook } from 'standardwebhooks';
import type { Receiver } from './receiver.ts';
import { type TestReceiver, type Told } from './receiver.fixture.ts';

/** A receiver's keys: either signs what it is told. */
export const KEYS = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)] as const;

/** A test's receiver, as the configuration declares one. */
export const receiverOf = ({ url, ca }: TestReceiver): Receiver => ({
  url: new Secret(new URL(url)),
  keys: KEYS.map((key) => new Secret<Uint8Array>(key)),
  address: 'loopback',
  ca,
});

/** As if every pause between deliveries were over. */
export const pauseOver = (url: string): Promise<void> =>
  asSuperuser(url, [
    `UPDATE task_callback SET not_before = now() - interval '1 s', claimed_until = NULL`,
    `UPDATE task_callback_receiver SET rests_until = '-infinity'`,
  ]);
export const counted = async (metrics: Metrics, name: 'rcm_task_callbacks_total' | 'rcm_task_callback_failures_total', label: object) => {
  const [key, value] = Object.entries(label)[0] ?? [];
  return (await metrics.counter(name).get()).values.find(({ labels }) => (labels as Record<string, unknown>)[String(key)] === value)?.value;
};
/** Throws where the message is not signed by this key. */
export const verified = (key: Uint8Array, { body, headers }: Told): unknown => new Webhook(Buffer.from(key).toString('base64')).verify(body, { ...headers });
