/** What can be seen inside a model: who looks at whom, and which tokens lie close to one another. */
package dev.argot.core.insight;
