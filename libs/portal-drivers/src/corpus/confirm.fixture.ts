import type { ConfirmGuard } from '../driver.ts';

/** For changes whose portal asks for the current password on no page of its own. */
export const UNASKED: ConfirmGuard = {
  before: () => Promise.reject(new Error('nothing was to be confirmed')),
  after: () => Promise.reject(new Error('nothing was confirmed')),
};

/** Lets every one be sent. */
export const ALLOWED: ConfirmGuard = { before: async () => undefined, after: async () => undefined };
