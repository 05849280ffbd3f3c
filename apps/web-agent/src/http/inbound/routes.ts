import { type Logger, type Metrics } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Patience } from '../patience.ts';
import { problem, PROBLEM_TYPE } from '../problem.ts';
import type { Gateway } from './gateway.ts';
import { type GiveDependencies, giveCode, type Given } from './give-code.ts';
import { MessageTally } from './tally.ts';

export interface InboundRoutesOptions extends GiveDependencies {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly patience: Patience;
  /** By the name in their address; none: no address takes messages. */
  readonly gateways: ReadonlyMap<string, Gateway>;
}

/** A message is a few lines. In bytes. */
const BODY_LIMIT_BYTES = 65_536;
/** For a login whose page is about to ask: gateways wait for an answer for 15 s and longer. In ms. */
const EARLY_MS = 8_000;

/**
 * `POST /v1/inbound/{gateway}`: messages that hold codes. There is no token: whoever asks is told by the signature of the gateway, before anything of the body is acted upon. The answer is the
 * same whatever became of the message, so that it says nothing of who waits.
 */
export function inboundRoutes({ logger, metrics, patience, gateways, ...dependencies }: InboundRoutesOptions): (server: FastifyInstance) => Promise<void> {
  const tally = new MessageTally({ logger, metrics });
  return async (server) => {
    server.removeAllContentTypeParsers();
    for (const [name, gateway] of gateways) {
      const path = `/v1/inbound/${name}`;
      server.addContentTypeParser(gateway.contentType, { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);
      server.post(path, { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const reading = await gateway.read({ headers: request.headers, body, now: new Date() });
        if (typeof reading === 'string') {
          tally.refused({ requestId: request.id, gateway: name }, reading);
          return refuse(reading === 'unchecked' ? reply.header('retry-after', 2) : reply, reading);
        }
        const thank = () => reply.type(gateway.thanks.type).send(gateway.thanks.body);
        if ('confirms' in reading) {
          tally.confirmation({ requestId: request.id, gateway: name }, reading);
          return thank();
        }
        let given: Given = { end: 'early' };
        const isGiven = async () => (given = await giveCode(dependencies, name, reading)).end !== 'early';
        if (!(await isGiven())) await patience.until(isGiven, { forMs: EARLY_MS, signal: request.signal });
        tally.given({ requestId: request.id, gateway: name }, given);
        if (given.end === 'early') return refuse(reply.header('retry-after', 2), 'early');
        return thank();
      });
    }
  };
}

const REFUSALS = {
  forged: problem(401, 'signature_invalid', 'The message is not signed as its gateway signs.'),
  late: problem(401, 'signature_invalid', 'The message was signed too long ago.'),
  unreadable: problem(400, 'request_invalid', 'The message is not as its gateway sends them.'),
  unchecked: problem(503, 'not_yet', 'Send the message again in a moment.'),
  early: problem(503, 'not_yet', 'Send the message again in a moment.'),
} as const;

const refuse = (reply: FastifyReply, why: keyof typeof REFUSALS): FastifyReply =>
  reply.code(REFUSALS[why].status).type(PROBLEM_TYPE).send(JSON.stringify(REFUSALS[why]));
