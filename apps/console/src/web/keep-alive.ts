/** For how long a connection is kept that nobody asks on, in ms: longer than a load balancer keeps its own (40 s, apps/infra), which would otherwise answer 502. */
export const KEEP_ALIVE_MS = 50_000;
