/** A notification as a person reads it. */
export interface NotificationText {
  readonly title: string;
  readonly happened: string;
  /** What is safe now. */
  readonly safe: string;
  readonly todo: readonly string[];
}

/** Words for one kind of notification, from ids and what the journal says. */
export type Words = (about: {
  readonly endpoint: string;
  readonly portal: string;
  readonly why: string;
  /** A login, a portal type or everything. */ readonly where: string;
  /** It waits for nobody any more. */ readonly isOver: boolean;
}) => NotificationText;
