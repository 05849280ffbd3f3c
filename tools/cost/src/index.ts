/** npm run cost: what the stores cost a month, from real counts. */
export {};
