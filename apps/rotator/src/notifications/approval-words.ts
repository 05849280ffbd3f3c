import type { NotificationText, Words } from './notification-text.ts';

/** As the database writes it of a change of a portal type. */
const PROPOSED = /^portal type (\S+), request (\S+)$/;

/** What waits for a second person, or has waited. */
export const approvalWords: Words = (about) => (PROPOSED.test(about.why) ? proposal(about) : approval(about));

function approval({ where, why, isOver }: Parameters<Words>[0]): NotificationText {
  const title = isOver ? `Has waited for a second person: ${where}` : `Waits for a second person: ${where}`;
  return {
    title,
    happened: `A person has asked for what a second person has to approve, for ${where}: ${why || 'an act'}.${isOver ? ` ${OVER}` : ''}`,
    safe: 'Nothing is done before that. What nobody has approved within an hour ends by itself.',
    todo: isOver
      ? [LOOK]
      : [
          'An approver who is somebody else reads why on the console’s page Approvals, and approves or declines (break-glass: also by rcm break-glass list).',
          'Whoever asked can withdraw it.',
        ],
  };
}

function proposal({ why, isOver }: Parameters<Words>[0]): NotificationText {
  const [, code = '', request = ''] = PROPOSED.exec(why) ?? [];
  return {
    title: `${isOver ? 'Has waited' : 'Waits'} for a second person: a change of portal type ${code}`,
    happened: `A person has proposed a change of portal type ${code}, which a second person has to approve (request ${request}).${isOver ? ` ${OVER}` : ''}`,
    safe: 'Nothing uses it before that, nor before the tables’ owner has saved it: an approval alone changes nothing. It decides where passwords are typed.',
    todo: isOver
      ? [`${LOOK} What it would change: rcm portal-type proposed ${request}`]
      : [
          `An approver of all organizations who is somebody else looks at what it would change, on the console’s page Portals or by rcm portal-type proposed ${request}`,
          `Then they say so there, or: rcm portal-type approve|decline ${request} --reason "…"`,
        ],
  };
}

const OVER = 'By now it was decided on, withdrawn, or is over.';
const LOOK = 'Nobody told you of it? The audit trail has who asked, who decided, and why.';
