/**
 * Amazon Bedrock: InvokeModel, which carries other vendors' formats, and Converse.
 *
 * <p>We chose to read an answer of InvokeModel by Anthropic's reader and by one for all other vendors at once over telling vendors apart by
 * the model, because an inference profile's ARN names none. The two want different names, so one of them stays silent.
 *
 * <p>We chose Bedrock's own counts (metrics in the stream, headers) over those of other vendors' bodies, because they are what is billed;
 * for Anthropic's models the body counts, since only it splits cache writes by their life time.
 */
@NullMarked
package dev.sluice.wire.bedrock;

import org.jspecify.annotations.NullMarked;
