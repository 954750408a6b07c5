/** What models learn from texts: causal and masked language modelling, span corruption. */
package dev.argot.core.objective;
