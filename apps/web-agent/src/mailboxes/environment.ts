import { z } from 'zod';
import { readMailboxes } from './mailbox.ts';
import { readMailboxPasswords } from './passwords.ts';

/** What mailboxes that are read take from the environment (a zod raw shape). */
export const mailboxEnvironment = {
  /** Mailboxes that portals send codes to, by name (JSON). May be given as `…_FILE`; unset: none is read, and what reads them is not loaded. */
  RCM_INBOUND_MAILBOXES: z
    .string()
    .transform((text, context) => readMailboxes(text, context))
    .optional(),
  /** Passwords of those that name no file, by their names (JSON): where secrets are given to a process and not to a folder. */
  RCM_INBOUND_MAILBOX_PASSWORDS: z
    .string()
    .transform((text, context) => readMailboxPasswords(text, context))
    .optional(),
};
