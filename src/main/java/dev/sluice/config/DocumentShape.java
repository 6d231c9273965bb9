package dev.sluice.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** The policy document as it is written, but for grants and connectors; see {@link Shape}. */
final class DocumentShape {
    static final Shape ROOT = new Shape(Document.class);

    private DocumentShape() {}

    record Document(
            @Key(name = "$schema", value = "Where editors find the schema of this document. Of no other effect.")
            String schema,

            @Key("Where models come from, by an id of your choice: the part before the slash in provider/model.")
            Map<String, Provider> providers,

            @Key("Who may use what. Nobody may do anything that no grant allows.")
            List<GrantShape.Grant> grants,

            @Key(value = "Grants in an older syntax, which hold as well. Use grants.", deprecated = true)
            List<GrantShape.TempGrant> tempGrants,

            @Key("Buckets of money, by name. A name may end in <user> or <node> after a colon: then each has one. "
                    + "A quota holds where a grant names it.")
            Map<String, Quota> quotas,

            @Key("Endpoints to ask before a request and to tell after it, by a name that grants refer to.")
            Map<String, Hook> hooks,

            @Key("Where records of finished requests are sent.")
            Exporters exporters,

            @Key(value = "Whether a provider's price list is inferred where it has no cost_basis.", usual = "true")
            boolean autoCostBasis,

            @Key("Sluice's own. For a provider/model, what may answer in its place when it fails, best first.")
            Map<String, List<String>> fallbacks,

            @Key("Sluice's own. Your own prices: fields of the price table, by the model's name there.")
            Map<String, Map<String, Object>> prices,

            @Key(value = "MCP servers. Use connectors.", deprecated = true)
            Mcp mcp,

            @Key("MCP servers and HTTP APIs that agents reach through the gateway.")
            ConnectorShape.Connectors connectors,

            @Key("What is kept of requests, and for how long.")
            Database database,

            @Key("Features that are switched on and off.") Flags flags,
            @Key("Models that are offered in chat.") List<Object> chatModels) {}

    record Provider(
            @Key(value = "Base URL; the path that a client asks for is appended to it.", required = true)
            String baseurl,

            @Key("Models to be had there: ids as the provider knows them, or globs over them, as claude-*.")
            List<String> models,

            @Key(
                    value = "The provider's key, or keyfile:: and a Google service account's key file in Base64.",
                    secrecy = Secrecy.WHOLE)
            String apikey,

            @Key(
                    value = "Sluice's own. Several keys, used in turn; one that is refused rests.",
                    secrecy = Secrecy.WHOLE)
            List<String> apikeys,

            @Key(
                    value = "How the key is sent. sigv4, Sluice's own, signs with AWS credentials instead.",
                    usual = "\"bearer\"",
                    oneOf = {"", "bearer", "x-api-key", "x-goog-api-key", "hec", "cf-aig-authorization", "sigv4"})
            String authorization,

            @Key(
                    value = "Whose credential a request carries: the gateway's, the client's own if it sent "
                            + "one, or nobody's.",
                    usual = "\"override\"",
                    oneOf = {"", "override", "passthrough", "none"})
            String authMode,

            @Key(value = "Shown to people.", usual = "\"\"") String name,
            @Key(value = "Shown to people.", usual = "\"\"") String description,

            @Key("The formats that are spoken there, and so the paths at which its models are found.")
            Compatibility compatibility,

            @Key(
                    value = "Whose prices hold. Inferred from compatibility when absent.",
                    oneOf = {
                        "",
                        "anthropic",
                        "openai",
                        "google",
                        "bedrock",
                        "bedrock-us",
                        "bedrock-eu",
                        "bedrock-ap",
                        "vertex",
                        "azure",
                        "azure-eu",
                        "azure-us",
                        "openrouter",
                        "vercel"
                    })
            String costBasis,

            @Key("Models that are priced like another one; the first match counts.")
            List<CostMapping> modelCostMap,

            @Key(
                    value = "Headers that every request to this provider gets, as \"Header-Name: value\".",
                    secrecy = Secrecy.HEADER)
            List<String> addHeaders,

            @Key(value = "Who is asked first when several have a model: the higher one.", usual = "0")
            int preference,

            @Key(value = "Not asked for anything, and its models are not listed.", usual = "false")
            boolean disabled,

            @Key(
                    value = "Sluice's own. How many requests may be open at once; the node's limit when absent.",
                    least = 1)
            int maxOpenRequests,

            @Key(value = "What kind of provider this is, for clients that ask.", usual = "\"\"")
            String upstream,

            @Key(
                    value = "Sluice's own. The region that a path's placeholder stands for, with a key file.",
                    usual = "\"global\"")
            String vertexRegion,

            @Key("Sluice's own. The region to sign for with sigv4, where baseurl does not name it.")
            String awsRegion,

            @Key("Sluice's own. The profile of AWS's shared configuration whose credentials sign.")
            String awsProfile) {}

    record Compatibility(
            @Key(value = "/v1/chat/completions. True unless another flag is.")
            boolean openaiChat,

            @Key(value = "/v1/responses", usual = "false") boolean openaiResponses,
            @Key(value = "/v1/messages", usual = "false") boolean anthropicMessages,

            @Key(value = "/v1beta/models/{model}:generateContent", usual = "false")
            boolean geminiGenerateContent,

            @Key(value = "/bedrock/model/{model}/invoke", usual = "false")
            boolean bedrockModelInvoke,

            @Key(value = "Gemini's models at Vertex AI's paths.", usual = "false")
            boolean googleGenerateContent,

            @Key(value = "Anthropic's models at Vertex AI's paths.", usual = "false")
            boolean googleRawPredict,

            @Key(value = "/bedrock/model/{model}/converse", usual = "false")
            boolean bedrockConverse,

            @Key(value = "Short paths of Gemini CLI are made Vertex AI's.", usual = "false")
            boolean experimentalGeminiCliVertexCompat) {}

    record CostMapping(
            @Key(value = "A glob over the model's name.", required = true)
            String match,

            @Key(value = "The model whose price holds.", required = true)
            String as,

            @Key(value = "A factor on that price.", usual = "1.0", least = 0)
            BigDecimal adjustment) {}

    record Quota(
            @Key(
                    value = "The most a bucket holds, and what it starts with.",
                    required = true,
                    pattern = "\\$[0-9]{1,12}(\\.[0-9]{1,9})?")
            String capacity,

            @Key(
                    value = "How fast it refills. A month has 30 days.",
                    required = true,
                    pattern = "\\$[0-9]{1,12}(\\.[0-9]{1,9})?/(min|hour|day|week|month)")
            String rate,

            @Key(value = "What happens when it is empty: 429.", usual = "\"reject\"", oneOf = "reject")
            String onExceed,

            @Key(value = "Sluice's own. Admits only what surely fits.", usual = "false")
            boolean strict,

            @Key(
                    value =
                            "Sluice's own. While the bucket cannot be kept, because its storage is slow or away: \"deny\" (503), or the dollars that each node may let through, which are charged as soon as it can. At most the capacity.",
                    usual = "\"deny\"",
                    pattern = "deny|\\$[0-9]{1,12}(\\.[0-9]{1,9})?")
            String onStorageFailure) {}

    record Hook(
            @Key(value = "Where to post to; http or https.", required = true)
            String url,

            @Key(value = "The endpoint's key.", usual = "\"\"", secrecy = Secrecy.WHOLE)
            String apikey,

            @Key(
                    value = "How the key is sent.",
                    usual = "\"bearer\"",
                    oneOf = {"", "bearer", "x-api-key", "x-goog-api-key", "hec", "cf-aig-authorization"})
            String authorization,

            @Key(value = "How long to wait, as 500ms, 5s or 1m; 0 for as long as it takes.", usual = "\"5s\"")
            String timeout,

            @Key(value = "Not called.", usual = "false") boolean disabled,

            @Key(
                    value = "Whether a request goes on when the hook that must be asked first fails.",
                    usual = "\"fail_open\"",
                    oneOf = {"", "fail_open", "fail_closed"})
            String failPolicy,

            @Key(value = "Which hook is asked first: the higher one, then by name.", usual = "0")
            int preference,

            @Key(
                    value =
                            "Sluice's own. Calls are signed with it, as Standard Webhooks have it: whsec_ and the key in base64.",
                    usual = "\"\"",
                    secrecy = Secrecy.WHOLE)
            String secret) {}

    record Exporters(
            @Key("AWS S3 or whatever speaks its API.") S3 s3) {}

    record S3(
            @Key(value = "URL of the API, where it is not AWS's own for the region.", usual = "\"\"")
            String endpoint,

            @Key("The bucket. Nothing is exported without one.")
            String bucketName,

            @Key(value = "The bucket's region.", usual = "\"us-east-1\"")
            String region,

            @Key(value = "What objects' names begin with; no slash at the end.", usual = "\"\"")
            String prefix,

            @Key("The access key's id, where credentials are given here. Without, AWS's default chain finds them.")
            String accessKeyId,

            @Key(value = "The access key's secret.", secrecy = Secrecy.WHOLE)
            String accessSecret,

            @Key(value = "Seconds between one export's end and the next one's beginning.", usual = "3600", least = 1)
            int every,

            @Key(value = "Records an object has at most; 2500 is the most.", usual = "1000", least = 1)
            int limit,

            @Key(value = "Another name of limit.", deprecated = true, least = 1)
            int limitRecords,

            @Key("Sluice's own. Whether the bucket stands in an address's path. True with an endpoint.")
            boolean pathStyle,

            @Key(
                    value = "Sluice's own. What objects are made of.",
                    usual = "\"cbor.zstd\"",
                    oneOf = {"", "cbor.zstd", "jsonl.zst", "parquet"})
            String format) {}

    record Mcp(
            @Key(value = "Whether servers may register themselves.", usual = "false")
            boolean acceptRegistrations,

            @Key("Servers, by id.") Map<String, McpServer> servers) {}

    record McpServer(
            @Key(value = "Where it is.", required = true) String url) {}

    record Database(
            @Key("How long what was said is kept.") Retention retention,

            @Key("Headers of requests that are kept to find them by.")
            Headers headers,

            @Key(value = "Keep bodies as they came, too.", usual = "false")
            boolean saveRaws,

            @Key(value = "Keep what only the provider can read.", usual = "false")
            boolean keepEncryptedBlobs) {}

    record Retention(
            @Key(
                    value = "As 720h or 30d, from an hour to 3650 days; 0 to keep nothing, empty to keep all.",
                    usual = "\"\"")
            String duration,

            @Key(value = "Purge only what was exported.", usual = "false")
            boolean requireExport,

            @Key(
                    value = "What is purged: captures of what was said, and tool calls.",
                    usual = "[\"captures\"]",
                    oneOf = {"captures", "tools"})
            List<String> purge) {}

    record Headers(@Key("Which ones, whatever their case.") List<FilterableHeader> filterable) {}

    record FilterableHeader(
            @Key(value = "The header's name.", required = true)
            String name,

            @Key(value = "Keep only that it was there.", usual = "false")
            boolean redactValues) {}

    record Flags(
            @Key("Connectors.") Flag connectors,
            @Key("Chat.") Flag chatUi) {}

    record Flag(@Key(value = "On or off.", usual = "false") boolean value) {}
}
