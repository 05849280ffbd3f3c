import type { SecretReference } from '@rcm/credentials';
import type { Portal } from '../portal/portal.ts';
import type { SimProcess } from '../time/sim-process.ts';
import type { LoginPlan } from './login-plan.ts';
import type { DoorPlan } from './portal-plan.ts';

/** One login as the environment knows it: where it lies, which account is meant, and what people know of it. */
export interface SimLogin {
  readonly plan: LoginPlan;
  readonly portal: Portal;
  readonly door: DoorPlan;
  reference: SecretReference;
  /** The account that the secret is to name. */
  username: string;
  /** Whoever has begun something that only they can end; agents may be out until then. */
  readonly duties: Set<SimProcess>;
  /** The portal's password was set by a person and has not been told to anybody. */
  secretOfAPerson: string | null;
}

/** As the environment's lists name an account. */
export const accountName = ({ portal, username }: Pick<SimLogin, 'portal' | 'username'>): string => `${portal.realm} ${username}`;

type Fields = Readonly<Record<string, unknown>>;

export interface Save {
  readonly opened: Fields;
  readonly found: Fields | null;
  readonly saved: Fields;
}
