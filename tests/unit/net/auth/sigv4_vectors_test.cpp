#include "base/hex.h"
#include "base/rfc3339.h"
#include "net/auth/sigv4.h"
#include "net/auth/sigv4_canonical.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>

namespace pulse::net {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(PULSE_FIXTURES_DIR) / "finops" / "sigv4";

[[nodiscard]] std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A request in the form of the vectors' request.txt: LF between lines, values folded over lines.
struct WrittenRequest {
    std::string text;
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::vector<Field> fields;
    std::string_view body;

    explicit WrittenRequest(std::string written) : text(std::move(written)) {
        std::string_view rest = text;
        const auto line = [&] {
            const std::size_t end = rest.find('\n');
            const std::string_view taken = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            return taken;
        };
        std::string_view target = line();
        method = target.substr(0, target.find(' '));
        target = target.substr(method.size() + 1);
        target = target.substr(0, target.rfind(' '));
        path = target.substr(0, target.find('?'));
        query = path.size() == target.size() ? std::string_view{} : target.substr(path.size() + 1);
        for (std::string_view next = line(); !next.empty(); next = line()) {
            if (next.front() == ' ') {
                std::string_view& value = fields.back().value;
                const char* const end = next.data() + next.size();
                value = {value.data(), static_cast<std::size_t>(end - value.data())};
            } else {
                const std::size_t colon = next.find(':');
                fields.push_back({next.substr(0, colon), next.substr(colon + 1)});
            }
        }
        body = rest;
    }
    WrittenRequest(const WrittenRequest&) = delete;
    WrittenRequest& operator=(const WrittenRequest&) = delete;
    ~WrittenRequest() = default;
};

/// What context.json says.
struct Context {
    AwsCredentials credentials;
    std::string region;
    std::string service;
    TimePoint time;
    bool signs_body = false;
    bool signs_token = false;
    SigV4Path path = SigV4Path::normalized;

    [[nodiscard]] SigV4Scope scope() const {
        return {.region = region, .service = service, .path = path};
    }
};

[[nodiscard]] Context context_of(const std::filesystem::path& folder) {
    const auto json = boost::json::parse(text_of(folder / "context.json")).as_object();
    const auto& credentials = json.at("credentials").as_object();
    const auto* token = credentials.if_contains("token");
    const auto* omits = json.if_contains("omit_session_token");
    return {
        .credentials =
            {.access_key_id = credentials.at("access_key_id").as_string().c_str(),
             .secret_access_key = credentials.at("secret_access_key").as_string().c_str(),
             .session_token = token == nullptr ? "" : token->as_string().c_str(),
             .expires_at = {}},
        .region = json.at("region").as_string().c_str(),
        .service = json.at("service").as_string().c_str(),
        .time = parse_rfc3339(json.at("timestamp").as_string()).value(),
        .signs_body = json.at("sign_body").as_bool(),
        .signs_token = token != nullptr && (omits == nullptr || !omits->as_bool()),
        .path = json.at("normalize").as_bool() ? SigV4Path::normalized : SigV4Path::object_key};
}

[[nodiscard]] std::vector<std::string> cases() {
    std::vector<std::string> names;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder / "v4", absent)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names.empty() ? std::vector<std::string>{"absent"} : names;
}

class SigV4Vectors : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (GetParam() == "absent") {
            GTEST_SKIP() << "no vectors in " << kFolder;
        }
    }
    [[nodiscard]] std::filesystem::path folder() const { return kFolder / "v4" / GetParam(); }

    /// Compares each step with the files that begin with `prefix`.
    void expect_steps(const std::string& prefix, const SigV4Request& request) const {
        const Context context = context_of(folder());
        std::string canonical;
        std::string names;
        std::string to_sign;
        Sha256Hasher hasher;

        append_canonical_request(canonical, names, request, context.path);
        append_string_to_sign(
            to_sign, sigv4_timestamp(context.time), context.scope(), hasher.of(canonical));
        const std::string value = SigV4Signer{}.authorization(
            request, context.scope(), context.credentials, context.time);

        EXPECT_EQ(canonical, text_of(folder() / (prefix + "-canonical-request.txt")));
        EXPECT_EQ(to_sign, text_of(folder() / (prefix + "-string-to-sign.txt")));
        EXPECT_EQ(
            value.substr(value.find("Signature=") + 10),
            text_of(folder() / (prefix + "-signature.txt")));
    }
};

TEST_P(SigV4Vectors, SignedByHeaderFields) {
    const Context context = context_of(folder());
    const WrittenRequest written(text_of(folder() / "request.txt"));
    const WrittenRequest signed_request(text_of(folder() / "header-signed-request.txt"));
    const std::string timestamp = sigv4_timestamp(context.time);
    const std::string hash = SigV4Signer{}.payload_sha256(std::span(&written.body, 1));
    std::vector<Field> fields = written.fields;
    fields.push_back({"X-Amz-Date", timestamp});
    if (context.signs_body) {
        fields.push_back({"x-amz-content-sha256", hash});
    }
    if (context.signs_token) {
        fields.push_back({"X-Amz-Security-Token", context.credentials.session_token});
    }
    const SigV4Request request{
        .method = written.method,
        .path = written.path,
        .query = written.query,
        .fields = fields,
        .payload_sha256 = hash};

    expect_steps("header", request);
    EXPECT_EQ(
        SigV4Signer{}.authorization(request, context.scope(), context.credentials, context.time),
        signed_request.fields.back().value);
}

/// The same rules over a signed URL: what is signed stands in its query.
TEST_P(SigV4Vectors, SignedByTheQuery) {
    const Context context = context_of(folder());
    const WrittenRequest written(text_of(folder() / "query-signed-request.txt"));
    std::string query(written.query);
    query.resize(query.find("&X-Amz-Signature="));
    const std::size_t token = query.find("&X-Amz-Security-Token=");
    if (!context.signs_token && token != std::string::npos) {
        query.resize(token);
    }
    const std::string hash = SigV4Signer{}.payload_sha256(std::span(&written.body, 1));

    expect_steps(
        "query",
        {.method = written.method,
         .path = written.path,
         .query = query,
         .fields = written.fields,
         .payload_sha256 = hash});
}

INSTANTIATE_TEST_SUITE_P(
    Official, SigV4Vectors, ::testing::ValuesIn(cases()), [](const auto& vector) {
        std::string name = vector.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

/// Requests that the official SDK for JavaScript signed.
TEST(SigV4Captures, AreSignedAsTheOfficialSdkDoes) {
    const std::string text = text_of(kFolder / "aws-sdk-js-v3-capture.json");
    if (text.empty()) {
        GTEST_SKIP() << "no captures in " << kFolder;
    }
    const auto json = boost::json::parse(text).as_object();
    const auto& keys = json.at("credentials").as_object();
    SigV4Signer signer;
    for (const auto& entry : json.at("requests").as_array()) {
        const auto& capture = entry.as_object();
        SCOPED_TRACE(capture.at("name").as_string().c_str());
        const auto& headers = capture.at("headers").as_object();
        const std::string_view authorization = headers.at("authorization").as_string();
        const std::string_view scope_text =
            authorization.substr(authorization.find('/') + 1, authorization.find(','));
        std::vector<std::string> scope;
        for (std::size_t i = 0, end = 0; scope.size() < 3; i = end + 1) {
            end = scope_text.find('/', i);
            scope.emplace_back(scope_text.substr(i, end - i));
        }
        const std::size_t names_at = authorization.find("SignedHeaders=") + 14;
        const std::string names = ";" +
                                  std::string(authorization.substr(
                                      names_at, authorization.find(',', names_at) - names_at)) +
                                  ";";
        std::vector<Field> fields;
        for (const auto& header : headers) {
            if (names.find(";" + std::string(header.key()) + ";") != std::string::npos) {
                fields.push_back({header.key(), header.value().as_string()});
            }
        }
        const auto* token = headers.if_contains("x-amz-security-token");
        const AwsCredentials credentials{
            .access_key_id = keys.at("accessKeyId").as_string().c_str(),
            .secret_access_key = keys.at("secretAccessKey").as_string().c_str(),
            .session_token = token == nullptr ? "" : token->as_string().c_str(),
            .expires_at = {}};
        std::string date(headers.at("x-amz-date").as_string());
        for (const std::size_t at : {4U, 7U}) {
            date.insert(at, "-");
        }
        for (const std::size_t at : {13U, 16U}) {
            date.insert(at, ":");
        }
        const std::string_view url = capture.at("url").as_string();
        const std::string_view path = url.substr(0, url.find('?'));
        const auto* body = capture.if_contains("body");
        const std::string_view body_text =
            body != nullptr && body->is_string() ? std::string_view(body->as_string()) : "";
        const std::string hash = signer.payload_sha256(std::span(&body_text, 1));

        EXPECT_EQ(hash, headers.at("x-amz-content-sha256").as_string());
        EXPECT_EQ(
            signer.authorization(
                {.method = capture.at("method").as_string(),
                 .path = path,
                 .query = path.size() == url.size() ? "" : url.substr(path.size() + 1),
                 .fields = fields,
                 .payload_sha256 = hash},
                {.region = scope[1],
                 .service = scope[2],
                 .path = scope[2] == "s3" ? SigV4Path::object_key : SigV4Path::normalized},
                credentials,
                parse_rfc3339(date).value()),
            authorization);
    }
}

}  // namespace
}  // namespace pulse::net
