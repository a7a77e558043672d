#include "net/http/detail/head_facts.h"
#include "net/http/detail/head_oracle.h"
#include "net/http/detail/head_scan.h"
#include "net/http/head.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace pulse::net {

namespace {

namespace http = boost::beast::http;
using detail::HeadFacts;
using detail::is_blank;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) {
    return {text.data(), text.size()};
}

/// The rule that Beast's parser saw broken.
std::string_view broken_rule(const BeastError& error) {
    if (error.category() != make_error_code(http::error::bad_method).category()) {
        return "the head is not HTTP/1.1";
    }
    switch (static_cast<http::error>(error.value())) {
        case http::error::bad_method:
            return "the method is not a token followed by one space";
        case http::error::bad_target:
            return "the target is empty or holds a space or a control character";
        case http::error::bad_version:
            return "the version is not HTTP/1.0 or HTTP/1.1";
        case http::error::bad_status:
            return "the status is not three digits followed by a space";
        case http::error::bad_reason:
            return "the reason phrase holds a control character";
        case http::error::bad_field:
            return "a header name is empty or not a token followed by a colon";
        case http::error::bad_value:
            return "a header value holds a control character or is not what its name demands";
        case http::error::bad_line_ending:
            return "a line does not end with CR LF";
        case http::error::bad_content_length:
        case http::error::multiple_content_length:
            return "Content-Length is not one plain number, or comes with Transfer-Encoding";
        case http::error::bad_transfer_encoding:
            return "Transfer-Encoding is there twice or comes with Content-Length";
        case http::error::need_more:
        case http::error::partial_message:
            return "the head is cut";
        default:
            return "the head is not HTTP/1.1";
    }
}

constexpr std::string_view kLineEnd = "\r\n";

/// From behind the colon to the next line there is the value, with blanks around it, and a line
/// end.
bool is_one_line(const char* colon_end, std::string_view value, const char* next_line) {
    const char* at = colon_end;
    while (at != value.data()) {
        if (at == next_line || !is_blank(*at++)) {
            return false;
        }
    }
    at += value.size();
    const char* const line_end = next_line - kLineEnd.size();
    while (at < line_end && is_blank(*at)) {
        ++at;
    }
    return at == line_end;
}

void read_field(http::field known, std::string_view value, HeadFacts& facts) {
    switch (known) {
        case http::field::content_length:
            return facts.read_length(value);
        case http::field::transfer_encoding:
            return facts.read_coding(value);
        case http::field::host:
            return facts.read_host(value);
        case http::field::connection:
            return facts.read_connection(value);
        case http::field::upgrade:
            facts.has_upgrade = true;
            return;
        case http::field::expect:
            facts.expects_continue |= iequals(value, "100-continue");
            return;
        default:
            return;
    }
}

/// Beast's parser as the authority on the grammar: its callbacks store views and gather the
/// facts, nothing is allocated or copied. Lives for one head.
template <bool is_request>
class HeadParser final : public http::basic_parser<is_request> {
public:
    using Head = std::conditional_t<is_request, RequestHead, ResponseHead>;

    HeadParser(Head& head, HeadFacts& facts) : head_(head), facts_(facts) {
        this->eager(false);
        this->header_limit(
            std::numeric_limits<std::uint32_t>::max());  // the connection has bounded it
        this->body_limit(boost::none);
    }

    [[nodiscard]] bool has_too_many_fields() const { return has_too_many_fields_; }
    /// Beast joins folded lines (obs-fold). Whatever it made of them, they show in this: the bytes
    /// between what it understood are then more than one line's end.
    [[nodiscard]] bool has_folded_line(std::string_view bytes) const {
        const char* const end = bytes.data() + bytes.size();
        for (const Field* field = head_.fields.begin(); field != head_.fields.end(); ++field) {
            const bool is_last = field + 1 == head_.fields.end();
            const char* const next_line =
                is_last ? end - kLineEnd.size() : (field + 1)->name.data();
            const char* const name_end = field->name.data() + field->name.size() + 1;
            if (!is_one_line(name_end, field->value, next_line)) {
                return true;
            }
        }
        return false;
    }

private:
    void on_request_impl(
        http::verb, BeastView method, BeastView target, int version, BeastError& error) override {
        if constexpr (is_request) {
            head_.method = view(method);
            head_.target = view(target);
            head_.minor_version = version % 10;
        }
        error = {};
    }

    void on_response_impl(int status, BeastView reason, int version, BeastError& error) override {
        if constexpr (!is_request) {
            head_.status = status;
            head_.reason = view(reason);
            head_.minor_version = version % 10;
        }
        error = {};
    }

    void on_field_impl(
        http::field known, BeastView name, BeastView value, BeastError& error) override {
        if (head_.fields.size() == kHeadFieldsMax) {
            has_too_many_fields_ = true;
            error = http::error::header_limit;
            return;
        }
        head_.fields.add({view(name), view(value)});
        if (is_request || known != http::field::host) {  // a Host in an answer means nothing
            read_field(known, view(value), facts_);
        }
        error = {};
    }

    void on_header_impl(BeastError& error) override { error = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError& error) override {
        error = {};
    }
    std::size_t on_body_impl(BeastView body, BeastError& error) override {
        error = {};
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastView, BeastError& error) override { error = {}; }
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, BeastError& error) override {
        error = {};
        return body.size();
    }
    void on_finish_impl(BeastError& error) override { error = {}; }

    Head& head_;
    HeadFacts& facts_;
    bool has_too_many_fields_ = false;
};

/// Null, or the broken rule.
const char* check_target(RequestHead& head) {
    if (head.target == "*") {
        head.path = head.target;
        return head.method == "OPTIONS" ? nullptr : "only OPTIONS may have the target \"*\"";
    }
    if (head.target.front() != '/') {
        return "the target does not begin with \"/\"";
    }
    for (const char c : head.target) {
        if (static_cast<signed char>(c) <= ' ' || c == 0x7f || c == '#' || c == '"' || c == '\\' ||
            c == '<' || c == '>') {
            return "the target holds a character that must be percent-encoded";
        }
    }
    const std::size_t mark = head.target.find('?');
    head.path = head.target.substr(0, mark);
    head.query = mark == std::string_view::npos ? std::string_view{} : head.target.substr(mark + 1);
    return nullptr;
}

/// Runs Beast over the head; what it and the gathered fields refuse comes out as an Error.
template <bool is_request>
Result<void> run_parser(
    std::string_view bytes, Errc code, HeadParser<is_request>& parser, const HeadFacts& facts) {
    BeastError error;
    const std::size_t used = parser.put({bytes.data(), bytes.size()}, error);
    if (parser.has_too_many_fields()) {
        return Error{is_request ? Errc::header_too_large : code, "more than 100 header fields"};
    }
    // What our rules saw comes first: its words are more exact than Beast's.
    if (facts.broken != nullptr) {
        return Error{code, facts.broken};
    }
    if (error) {
        return Error{code, std::string{broken_rule(error)}};
    }
    if (!parser.is_header_done() || used != bytes.size()) {
        return Error{code, "the head is cut"};
    }
    if (parser.has_folded_line(bytes)) {
        return Error{code, "a header line is folded"};
    }
    if (facts.has_length && facts.has_coding) {
        return Error{code, "both Content-Length and Transfer-Encoding"};
    }
    return {};
}

/// Empties a head that is used again; its fields keep their memory.
template <class Head>
void reset(Head& head) {
    Fields fields = std::move(head.fields);
    fields.clear();
    head = Head{};
    head.fields = std::move(fields);
}

/// The head is not as plain as the quick scan wants it: Beast decides, and finds the words.
template <bool is_request, class Head>
Result<void> ask_beast(std::string_view bytes, Errc code, Head& head, HeadFacts& facts) {
    reset(head);
    facts = {};
    HeadParser<is_request> parser{head, facts};
    return run_parser(bytes, code, parser, facts);
}

bool has_no_body(std::string_view request_method, int status) {
    return request_method == "HEAD" || status < 200 || status == 204 || status == 304;
}

}  // namespace

Result<void> parse_request_head(std::string_view head, RequestHead& out) {
    reset(out);
    HeadFacts facts;
    if (!detail::scan_request_head(head, out, facts)) {
        if (auto parsed = ask_beast<true>(head, Errc::invalid_request, out, facts); !parsed) {
            return parsed;
        }
    }
    const bool is_old = out.minor_version == 0;
    const char* broken = check_target(out);
    if (broken == nullptr && is_old && facts.has_coding) {
        broken = "Transfer-Encoding in an HTTP/1.0 request";
    }
    if (broken == nullptr && !is_old && !facts.has_host) {
        broken = "Host is missing";
    }
    if (broken != nullptr) {
        return Error{Errc::invalid_request, broken};
    }
    out.framing = facts.framing(BodyFraming::none);
    out.content_length = facts.content_length;
    out.keep_alive = facts.wants_keep_alive(out.minor_version);
    out.expects_continue = facts.expects_continue && !is_old;
    out.wants_upgrade = facts.says_upgrade && facts.has_upgrade;
    out.size = head.size();
    return {};
}

Result<void> parse_response_head(
    std::string_view head, std::string_view request_method, ResponseHead& out) {
    reset(out);
    HeadFacts facts;
    if (!detail::scan_response_head(head, out, facts)) {
        if (auto parsed = ask_beast<false>(head, Errc::upstream_bad_answer, out, facts); !parsed) {
            return parsed;
        }
    }
    if (out.status < 100 || out.status > 599) {
        return Error{Errc::upstream_bad_answer, "the status is not between 100 and 599"};
    }
    if (out.minor_version == 0 && facts.has_coding) {
        return Error{Errc::upstream_bad_answer, "Transfer-Encoding in an HTTP/1.0 answer"};
    }
    out.framing = has_no_body(request_method, out.status) ? BodyFraming::none
                                                          : facts.framing(BodyFraming::until_close);
    out.content_length = facts.content_length;
    out.keep_alive =
        facts.wants_keep_alive(out.minor_version) && out.framing != BodyFraming::until_close;
    out.size = head.size();
    return {};
}

namespace detail {

bool is_accepted_by_beast(std::string_view bytes, RequestHead& head) {
    HeadFacts facts;
    return ask_beast<true>(bytes, Errc::invalid_request, head, facts).has_value();
}

bool is_accepted_by_beast(std::string_view bytes, ResponseHead& head) {
    HeadFacts facts;
    return ask_beast<false>(bytes, Errc::upstream_bad_answer, head, facts).has_value();
}

}  // namespace detail
}  // namespace pulse::net
