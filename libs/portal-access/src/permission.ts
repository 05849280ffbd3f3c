import type { PortalTypeRow } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';

/**
 * Why no program may log in at this portal type, and so no browser is opened for it; `null`: its terms allow it, as somebody has decided.
 * `automation_undecided` passes once somebody decides; `automation_forbidden` says that a person logs in, or nobody.
 */
export function automationRefusal({ code, automation }: Pick<PortalTypeRow, 'code' | 'automation'>): RcmError | null {
  const details = { portalType: code, automation: automation ?? 'undecided' };
  switch (automation) {
    case 'allowed':
      return null;
    case 'assisted':
      return new RcmError('automation_forbidden', `At portal type ${code} a person logs in, and no program: its terms ask for that. No browser was opened.`, {
        details,
      });
    case 'forbidden':
      return new RcmError('automation_forbidden', `The terms of portal type ${code} forbid that a program logs in. No browser was opened.`, { details });
    case null:
      return new RcmError(
        'automation_undecided',
        `Nobody has decided whether the terms of portal type ${code} let a program log in: \`rcm portal-type decide ${code}\` says so. No browser was opened.`,
        { details },
      );
  }
}
