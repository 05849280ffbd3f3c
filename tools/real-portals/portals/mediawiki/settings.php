<?php
// What is special about the practice wiki, loaded at the end of the LocalSettings.php that the installer wrote.
$wgServer = 'http://' . ( $_SERVER['HTTP_HOST'] ?? '127.0.0.1' );
$wgMainCacheType = CACHE_DB;

// After four bad logins of an account no more are taken for a while.
$wgPasswordAttemptThrottle = [ [ 'count' => 4, 'seconds' => 300 ] ];

$wgPasswordPolicy['policies']['default']['MinimalPasswordLength'] = 12;
$wgPasswordExpireGrace = 0;
