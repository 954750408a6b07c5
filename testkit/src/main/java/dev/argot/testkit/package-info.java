/** Contract tests: inherit one, supply the plug-in, and every promise of its interface is tested. */
@NullMarked
package dev.argot.testkit;

import org.jspecify.annotations.NullMarked;
