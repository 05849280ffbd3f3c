/**
 * For how long a connection is kept that nobody asks on, in ms: longer than a load balancer keeps its own (40 s, apps/infra), which would otherwise send a request
 * on one that is being closed and answer 502 for it; shorter than one on which nothing moves is held at all.
 */
export const KEEP_ALIVE_MS = 50_000;
