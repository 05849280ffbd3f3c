import type { SessionUse } from '@rcm/db/acts';
import type { VNode } from 'preact';
import type { Visitor } from '../sign-in/visitor.ts';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null;
  }
  interface FastifyContextConfig {
    /** Who asks for what is there. Default: its person. */
    use?: SessionUse;
  }
  interface FastifyReply {
    /** Answers with a page. */
    html(page: VNode): FastifyReply;
  }
}
