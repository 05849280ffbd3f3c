/** Whether `since` is less than `ms` ago. What a clock that was set back shows in the future is not: it would stay young until the clock has caught up. */
export const isYoung = (since: number, now: number, ms: number): boolean => since <= now && now - since < ms;
