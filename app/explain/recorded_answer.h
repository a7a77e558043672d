#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace pulse::app {

/// A provider's answer as somebody wrote it down. Value.
struct RecordedAnswer {
    struct Field {
        std::string name;
        std::string value;
    };
    std::string provider;  ///< the kind, or a name that means one
    Api api = Api::none;
    bool is_stream = false;
    int status = 200;
    std::string content_type;
    std::vector<Field> head;
    std::string body;             ///< not compressed, whatever the head says
    std::string model_requested;  ///< as it was addressed; empty: not known
};

/// One exchange of the recordings' form: `provider`, `api`, `streaming`, `request` {url, body},
/// `response` {status, headers, framing, body_text | body_base64}. Errors: invalid_request that
/// names the field.
[[nodiscard]] Result<RecordedAnswer> parse_exchange(const boost::json::value& exchange);

}  // namespace pulse::app
