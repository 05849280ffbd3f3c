/** The longest wait of an answer, in ms: for a rotator that reads a password, as telling people may take three deadlines of a channel. */
export const READING_MS = 90_000;
/** What is before and after that wait. */
export const READING_SPARE_MS = 30_000;
/** For how long a connection is kept that nobody asks on, in ms: longer than a load balancer keeps its own (130 s, apps/infra), which would otherwise answer 502. */
export const KEEP_ALIVE_MS = 140_000;
