/** What a person reads for each word of the API. */
const TEXTS = {
  rejected: 'We could not sign you in. Check your user name and password.',
  code_rejected: 'That code is not valid. Wait for the next code and try again.',
  locked: 'Your account is locked after too many failed attempts. Please try again in 15 minutes.',
  locked_until_support: 'Your account is locked after too many failed attempts. Please call our support line to have it unlocked.',
  signed_out: 'Your session has ended. Please sign in again.',
  changed: 'Your password was changed and you were signed out everywhere. Please sign in again.',
  page_expired: 'This page is out of date. Please load it again.',
  maintenance: 'Borealis is being maintained. Please come back later.',
  failure: 'Something went wrong on our side. Please try again later.',
  connection_lost: 'The connection to Borealis was lost.',
  current_wrong: 'The current password is not correct.',
  not_repeated: 'The new passwords do not match.',
  used_before: 'Choose a password that you are not using now.',
  too_short: 'The new password must have at least 12 characters.',
  too_long: 'The new password must have at most 32 characters.',
  class_missing: 'The new password needs an upper-case letter, a lower-case letter, a digit and one of - ! @ # $ % ^ & * _',
  character_not_allowed: 'The new password may hold only letters, digits and - ! @ # $ % ^ & * _',
  repeated_characters: 'The new password may not repeat a character more than twice in a row.',
};

export const textOf = (word) => TEXTS[word] ?? TEXTS.failure;
