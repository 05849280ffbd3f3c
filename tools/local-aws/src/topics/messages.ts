import { z } from 'zod';
import { seal, unseal } from '../keys/sealed-box.ts';
import type { Database } from '../storage/database.ts';
import type { RootKey } from '../storage/root-key.ts';

const content = z.object({ message: z.string(), subject: z.string().nullable(), attributes: z.record(z.string(), z.string()) });
type Content = z.output<typeof content>;

/** What was published to a topic, newest last. */
export interface PublishedMessage extends Content {
  readonly id: string;
  readonly topicArn: string;
  readonly publishedAt: Date;
}

const PURPOSE = 'topic-message';

export const sealMessage = (root: RootKey, id: string, message: Content): Buffer => seal(root.derive(PURPOSE), Buffer.from(JSON.stringify(message)), id);

export function publishedMessages(database: Database, root: RootKey): PublishedMessage[] {
  const rows = database.all<{ id: string; topic_arn: string; ciphertext: Uint8Array; published_at: number }>(
    'SELECT id, topic_arn, ciphertext, published_at FROM topic_message ORDER BY number',
  );
  return rows.map((row) => {
    const opened = unseal(root.derive(PURPOSE), row.ciphertext, row.id);
    if (!opened) throw new Error(`Message ${row.id} does not open under the key file.`);
    return { id: row.id, topicArn: row.topic_arn, publishedAt: new Date(row.published_at), ...content.parse(JSON.parse(opened.toString('utf8'))) };
  });
}
