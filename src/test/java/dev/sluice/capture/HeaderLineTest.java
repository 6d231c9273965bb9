package dev.sluice.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of what may be a credential, only that it was there is kept. */
class HeaderLineTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Authorization | anything",
                "X-Api-Key | anything",
                "x-goog-api-key | anything",
                "api-key | anything",
                "Cookie | a=b",
                "set-cookie | a=b",
                "proxy-authorization | anything",
                "x-amz-security-token | anything",
                "cf-aig-authorization | anything",
                "x-vault-secret | anything",
                "x-session-token | anything",
                "db-password | anything",
                "x-forwarded-access-token | anything",
                "cf-access-jwt-assertion | anything",
                "x-auth | anything",
                "x-auth-request-user | anything",
                "x-keys | anything",
                "x-signature | anything",
                "Referer | https://example.com/p?a=b&key=abc",
                "x-original-url | /v1/models?api_key=abc",
                "x-forwarded-uri | /v1/models?access_token=abc#top",
                "Location | https://bucket.example.com/o?X-Amz-Signature=abc",
                "x-custom | Bearer abc",
                "x-custom | basic YWxhZGRpbg==",
                "x-custom | see sk-sluice-abc here",
                "x-custom | sk-test-abcdefghijklmnop1234",
                "x-custom | sk-proj-abcdefghijklmnop1234",
                "x-custom | AIzaSyA1234567890abcdefghijklmnopqrstuv",
                "x-custom | eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
            })
    void redacts(String name, String value) {
        assertThat(HeaderLine.of(name, value).value()).isEqualTo("***");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "User-Agent | agent/1.0",
                "x-request-id | req_0123456789abcdef0123456789abcdef",
                "anthropic-ratelimit-tokens-remaining | 123",
                "x-ratelimit-limit-tokens | 123",
                "x-session-id | 7f3d0b0e",
                "anthropic-version | 2023-06-01",
                "keyboard | qwerty",
                "x-author | Anna",
                "x-authority | example.com",
                "Referer | https://example.com/p?a=b&monkey-business=2&keys",
                "content-type | multipart/form-data; boundary=abc",
                "x-custom | basically nothing, and no risk-free-thing",
            })
    void leavesTheRest(String name, String value) {
        assertThat(HeaderLine.of(name, value).value()).isEqualTo(value);
    }
}
