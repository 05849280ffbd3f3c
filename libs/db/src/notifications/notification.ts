/** What people are told about. */
export type NotificationKind =
  /** The portal accepts neither password: a person must decide. */
  | 'blocked'
  /** A blocked rotation has ended by itself: the portal accepts what is current. */
  | 'unblocked'
  /** A rotation was given up; the portal still has the current password. */
  | 'failed'
  /** The portal says that it locked the account. */
  | 'locked'
  /** A portal that people rotate is due. */
  | 'manual_due'
  /** A person changed the secret in the store and the portal does not accept it. */
  | 'manual_refused'
  | 'breaker_open'
  /** A rotation has not ended for a day. */
  | 'waiting_long'
  /** A person's edit in the middle of a rotation was kept as the previous version. */
  | 'left_previous'
  /** The portal refused the password that the store holds. */
  | 'refused'
  /** The portal accepts a password that a copy held; it is current now. */
  | 'found'
  /** A secret names another account than before. */
  | 'other_account'
  /** Nobody has decided whether a program may log in at a portal type. */
  | 'undecided'
  /** Something lapses that only a person can keep. */
  | 'lapsing'
  /** A person asked for what a second one has to approve, or proposed a change of a portal type. */
  | 'approval_waiting'
  /** A person reads a password, as a second one has approved. */
  | 'secret_read'
  /** A row that is not migrated and the store hold two logins for one endpoint. */
  | 'row_and_store_differ'
  /** A login's backup codes run out. */
  | 'backup_codes_low'
  /** A portal asks for a code that only a person has. */
  | 'code_wanted'
  /** A rotation that a person asked for was not begun, and is not tried any more. */
  | 'request_not_done'
  /** No login is made for an account until somebody says so: no time brings its budget back, or ends its lock. */
  | 'person_wanted';

/** What a notification is about: ids, and the journal's own words for why. Never a secret, never a user name. */
export interface Notification {
  readonly id: string;
  readonly kind: NotificationKind;
  readonly orgId: string | null;
  readonly endpointId: string | null;
  readonly portalTypeCode: string | null;
  readonly attemptId: string | null;
  readonly detail: string | null;
  readonly createdAt: Date;
  /** Of `approval_waiting`: since when it waits for nobody; `null`: it waits. */
  readonly endedAt: Date | null;
}

export type NewNotification = {
  readonly kind: NotificationKind;
  /** What is the same for whatever tells of the same thing. */ readonly key: string;
  /** How often the same thing is told. Default: once. */ readonly every?: 'ever' | 'day' | 'hour';
} & Partial<Pick<Notification, 'orgId' | 'endpointId' | 'portalTypeCode' | 'attemptId' | 'detail'>>;
