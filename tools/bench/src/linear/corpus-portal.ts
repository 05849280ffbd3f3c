import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CORPUS } from './corpus-pages.ts';

/**
 * Serves the corpus of portal pages, in a process of its own so that its work holds nobody's event loop but its own. `/pages/NAME/ANSWER`,
 * where a dot in the name is a folder; `blank` is a page with nothing; `/answer/…` leads home.
 */
const server = createServer((request, response) => {
  const [, kind, name = '', answer = ''] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
  if (kind === 'answer') return void response.writeHead(303, { location: '/pages/home/-' }).end();
  if (kind !== 'pages' || !/^[a-z.-]+$/.test(name)) return void response.writeHead(204).end();
  const html = (text: string) => response.writeHead(200, { 'content-type': 'text/html' }).end(text);
  if (name === 'blank') return void html('<!doctype html><meta charset="utf-8" /><title>Blank</title><link rel="icon" href="data:," />');
  readFile(new URL(`${name.replaceAll('.', '/')}.html`, CORPUS), 'utf8').then(
    (text) => html(text.replaceAll('%ANSWER%', answer).replaceAll('%WORDS%', encodeURIComponent('{"password":"p","seed":"seed","code":"1"}'))),
    () => response.writeHead(404).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.once('disconnect', () => process.exit());
