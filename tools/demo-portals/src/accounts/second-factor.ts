import type { Portal } from '../portal.ts';
import type { Account } from '../records/accounts.ts';
import { takeTotpStep } from '../records/attempts.ts';
import { backupCodesOf, typeBackupCode } from '../records/backup-codes.ts';
import { receivesCodes } from '../records/sent-codes.ts';
import { sendCodeForLogin, takesSentCode } from './sent-code.ts';
import { matchingSteps } from './totp.ts';

/** Whether the account has anything to type where the portal asks for a code. */
export const hasCodes = (portal: Portal, account: Account): boolean =>
  account.mfaSeed !== null || backupCodesOf(portal.records, account).length > 0 || receivesCodes(portal.records, account);

/** The page asks for a code now: whoever receives them is sent one. */
export function sendWhatIsAsked(portal: Portal, account: Account): void {
  if (receivesCodes(portal.records, account)) sendCodeForLogin(portal, account);
}

/** Marks what it was as used. */
export function isRightCode(portal: Portal, account: Account, code: string): boolean {
  if (typeBackupCode(portal.records, account, code)) return true;
  if (takesSentCode(portal, account, code)) return true;
  if (account.mfaSeed === null) return false;
  const { steps, oldest } = matchingSteps(account.mfaSeed, code, portal.commonClock.now().getTime());
  return steps.some((step) => takeTotpStep(portal.records, account, step, oldest));
}
