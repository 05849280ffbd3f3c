/** The portal's words as they are compared: whole, without regard to case and to how many blanks stand where. */
export const folded = (words: string): string => words.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();

/**
 * Words that statuses are made of. What else stands where a status should be may be a person's name or a diagnosis, which no error may
 * hold; so it is named only where each of its words is one of these. Names that are also words (Grant, Will, Mark, May) are left out.
 */
const STATUS_WORDS: ReadonlySet<string> = new Set(
  `a abeyance accepted acknowledged action active adjudicated adjudication adjusted adjustment administrative after all and appeal appealed applied
  approved approval as at authorization authorized automatic automated await awaiting awaits been being benefit benefits by canceled cancelled cancellation
  cannot case certified check claim claims cleared clinical closed complete completed condition conditionally contact corrected correction coverage covered
  crossover data decided decision deferred delayed denial denied deny determination determined disapproved documentation documents draft dropped due
  duplicate eft eligible enrolled entered error escalated estimated expired failed final finalized finished for forwarded from full fully further granted
  has held hold in inactive incomplete information ineligible initial inquiry insufficient internal invalid investigation invoice is issued item level line
  lock locked made manual medical member missing modified more needed needs negative new no non none not notice of on open original other out outstanding
  overdue overturned paid partial partially partly patient pay payable payer paying payment pend pended pending peer plan policy posted pre preliminary
  pricing prior priced process processed processing provider queue queued ready received reconsideration record records refund refunded reimbursed rejected
  rejection released remitted reopened repriced request requested required requires resolved resubmit resubmitted returned reversal reversed review reviewed
  reviewing revised routed scheduled secondary sent settled settlement split stopped submitted submission suspended suspense system terminated termination
  third party to transferred transmitted under undecided unknown unpaid unprocessable update updated upheld valid validated verification verified void voided
   waiting was wire with withdrawn without work zero`.split(/\s+/),
);

const LONGEST_NAMED = 60;

/** The words in quotes if they can only be a status's; `null` where they may be anything, and are not repeated. */
export function nameable(words: string): string | null {
  if (words.length > LONGEST_NAMED || !/^[A-Za-z]+(?:[ \-/,.&():]+[A-Za-z]+)*[.)]?$/.test(words)) return null;
  return words
    .toLowerCase()
    .split(/[^a-z]+/)
    .every((word) => word === '' || STATUS_WORDS.has(word))
    ? `"${words}"`
    : null;
}
