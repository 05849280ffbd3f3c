import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where notifications go. Of one kind it takes none before it is told to. */
export interface SlowChannel {
  readonly settings: Readonly<Record<string, string>>;
  /** What has come so far, taken or not. */
  heard(): string;
  take(): void;
  close(): Promise<void>;
}

export async function openSlowChannel(kind: string): Promise<SlowChannel> {
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  let takes = false;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push(body);
      const answer = (): void => void response.writeHead(204).end();
      if (takes || !body.includes(kind)) answer();
      else waiting.push(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    settings: {
      RCM_NOTICE_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      RCM_NOTICE_WEBHOOK_KEY: 'k'.repeat(32),
      RCM_NOTICE_DEADLINE_MS: '300000',
      RCM_NOTICE_SCAN_MS: '200',
    },
    heard: () => heard.join(''),
    take() {
      takes = true;
      for (const answer of waiting.splice(0)) answer();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
