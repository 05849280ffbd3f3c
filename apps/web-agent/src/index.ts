/**
 * The web-agent for `rcm`: what a person asks of it without a process of its own. Nothing here logs in at a portal or reads a mail.
 */
export { type ExaminedInbound, examineInbound } from './mailboxes/examine.ts';
