import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GeneratedList } from './generated-list.fixture.ts';

export interface ListServer {
  readonly origin: string;
  readonly host: string;
  close(): Promise<void>;
}

/** Milliseconds that an answer to a script takes: other rows stand meanwhile. */
const ANSWER_MS = 40;
/** The same of the second of two answers: long enough for a reader that does not wait for it to take the first for all. */
const SECOND_ANSWER_MS = 500;

/** Serves lists: `/lists/<seed>/<page>` a document, `/lists/<seed>/rows/<page>/<part>` its rows to a script. */
export async function serveLists(list: (seed: number) => GeneratedList): Promise<ListServer> {
  const server = createServer((request, response) => {
    const [, kind, seed, page, number, part] = (request.url ?? '').split('/');
    if (kind !== 'lists') return void response.writeHead(204).end();
    if (page !== 'rows') return void response.writeHead(200, { 'content-type': 'text/html' }).end(list(Number(seed)).document(Number(page)));
    const rows = list(Number(seed)).rows(Number(number), part ?? '');
    setTimeout(
      () => response.writeHead(rows === null ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(rows)),
      part === 'rest' ? SECOND_ANSWER_MS : ANSWER_MS,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${host}`,
    host,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
