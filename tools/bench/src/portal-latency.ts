/** What each page of a payer portal takes before it answers, in ms: theirs are rarely quicker. */
export const PORTAL_LATENCY_MS = 250;
