import type { VNode } from 'preact';
import type { Visitor } from '../sign-in/visitor.ts';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null;
  }
  interface FastifyReply {
    /** Answers with a page. */
    html(page: VNode): FastifyReply;
  }
}
