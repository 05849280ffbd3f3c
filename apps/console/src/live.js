'use strict';
// The console's one script. It follows the event stream of the page that it is on; at each event it asks for that page again and takes over those parts of it
// (data-part) in which nobody is at work. Without it the pages are the same, and stay as they were loaded. It makes no markup: what it takes over was parsed as a
// document, in which nothing runs.
{
  const main = document.querySelector('main[data-changes]');
  const GAP_MS = 2_000;
  const DEADLINE_MS = 30_000;
  const RETRY_MS = { first: 10_000, longest: 300_000 };
  /** From so many on that the page could not be had in a row, it says that it is an old one. */
  const MANY_FAILURES = 3;

  let source = null;
  let isAsking = false;
  let isWanted = false;
  let isOver = false;
  let failures = 0;
  /** Parts that have changed while somebody was at work in them. */
  const stale = new Set();
  let retryMs = RETRY_MS.first;

  /** Which of the page's sentences about itself is to be read. */
  const say = (state) => {
    for (const each of document.querySelectorAll('[data-live]')) each.hidden = each.dataset.live !== state;
  };

  function leave() {
    source?.close();
    source = null;
  }

  function stop() {
    isOver = true;
    leave();
    say('stopped');
  }

  /** What somebody types, has ticked, opened, marked or stands on is left to them. */
  function isInUse(part) {
    const marked = getSelection();
    return (
      part.contains(document.activeElement) ||
      part.querySelector('details[open], input:checked') !== null ||
      (marked !== null && !marked.isCollapsed && marked.containsNode(part, true))
    );
  }

  function takeOver(page) {
    for (const part of main.querySelectorAll('[data-part]')) {
      const fresh = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (fresh === null) continue;
      if (!fresh.isEqualNode(part) && isInUse(part)) stale.add(part);
      else stale.delete(part);
      if (!fresh.isEqualNode(part) && !stale.has(part)) part.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    }
  }

  function refresh() {
    isWanted = true;
    if (isAsking || isOver) return;
    [isAsking, isWanted] = [true, false];
    const request = new XMLHttpRequest();
    const address = location.href.split('#', 1)[0];
    request.open('GET', address);
    request.responseType = 'document';
    request.timeout = DEADLINE_MS;
    // Nobody is there by this: the session does not last longer for it.
    request.setRequestHeader('rcm-by-itself', 'yes');
    let isTaken = false;
    request.onload = () => {
      isTaken = request.status === 200 && request.responseURL === address && request.response !== null;
      if (isTaken) takeOver(request.response);
      else if (request.status < 500) stop();
    };
    // Also after an error and a time-out, which load nothing.
    request.onloadend = () => asked(isTaken);
    request.send();
  }

  /** The stream tells of a change once: as long as it is not taken over it is asked for again, after a pause that grows. */
  function asked(isTaken) {
    const wasOld = failures >= MANY_FAILURES;
    failures = isTaken ? 0 : failures + 1;
    const pauseMs = isTaken ? GAP_MS : Math.min(GAP_MS * 2 ** failures * (0.5 + Math.random()), RETRY_MS.longest);
    setTimeout(() => void (isAsking = false), pauseMs);
    if (isOver) return;
    if (!isTaken) isWanted = true;
    if (failures >= MANY_FAILURES) say('stopped');
    else if (wasOld && source?.readyState === EventSource.OPEN) say('followed');
  }

  function follow() {
    if (source !== null || isOver || document.hidden) return;
    source = new EventSource(main.dataset.changes);
    source.addEventListener('changed', refresh);
    source.addEventListener('over', stop);
    source.addEventListener('open', () => {
      retryMs = RETRY_MS.first;
      if (failures < MANY_FAILURES) say('followed');
    });
    source.addEventListener('error', () => {
      if (isOver) return;
      say('stopped');
      if (source?.readyState !== EventSource.CLOSED) return;
      leave();
      setTimeout(follow, retryMs * (0.5 + Math.random()));
      retryMs = Math.min(2 * retryMs, RETRY_MS.longest);
    });
  }

  if (main !== null) {
    // A window that nobody sees holds no stream; when it is seen again it is told once, as each that is opened.
    document.addEventListener('visibilitychange', () => (document.hidden ? leave() : follow()));
    setInterval(() => {
      if (!document.hidden && (isWanted || [...stale].some((part) => !isInUse(part)))) refresh();
    }, GAP_MS);
    follow();
  }
}
