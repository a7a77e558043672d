#include "storage/detail/text_list.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::storage::detail {

std::string text_list(std::span<const std::string> texts) {
    boost::json::array list;
    list.reserve(texts.size());
    for (const std::string& text : texts) {
        list.emplace_back(text);
    }
    return boost::json::serialize(list);
}

}  // namespace pulse::storage::detail
