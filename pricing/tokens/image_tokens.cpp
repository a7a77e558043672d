#include "pricing/tokens/image_tokens.h"

#include "pricing/catalog/detail/folded_text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pulse::pricing {
namespace {

/// How a family turns pixels into tokens.
enum class Rule : std::uint8_t {
    tiles,  ///< `base` + `each` for every 512² tile, after fitting into 2048² and a short side of
            ///< 768
    patches,  ///< `each` thousandths for every 32² patch, at most `base` patches
    area,     ///< pixels ÷ `each`, after fitting into `base`²
    squares,  ///< `each` for every 768² square; one square up to 384²
};

struct Formula {
    std::string_view prefix;
    Rule rule;
    std::int64_t base;
    std::int64_t each;
};

// The first prefix that fits counts. gpt-5-mini is documented with 1.62 like gpt-4.1-mini.
constexpr std::array<Formula, 14> kFormulas{{
    {"gpt-4o-mini", Rule::tiles, 2'833, 5'667},
    {"gpt-4.1-mini", Rule::patches, 1'536, 1'620},
    {"gpt-4.1-nano", Rule::patches, 1'536, 2'460},
    {"gpt-5-mini", Rule::patches, 1'536, 1'620},
    {"gpt-5-nano", Rule::patches, 1'536, 2'460},
    {"o4-mini", Rule::patches, 1'536, 1'720},
    {"gpt-5", Rule::tiles, 70, 140},
    {"gpt-4", Rule::tiles, 85, 170},
    {"o1", Rule::tiles, 75, 150},
    {"o3", Rule::tiles, 75, 150},
    {"claude", Rule::area, 1'568, 750},
    {"gemini", Rule::squares, 0, 258},
    {"computer-use", Rule::tiles, 65, 129},
    {"", Rule::tiles, 85, 170},
}};

constexpr double kTile = 512;
constexpr double kTileFit = 2'048;
constexpr double kTileShortSide = 768;
constexpr std::int64_t kTilesMax = 8;
constexpr double kPatch = 32;
constexpr double kSquare = 768;
constexpr std::int32_t kOneSquare = 384;
constexpr std::int64_t kSquaresAssumed = 16;

struct Size {
    double width;
    double height;

    [[nodiscard]] Size scaled(double factor) const { return {width * factor, height * factor}; }
    /// Scaled down to sides of at most `side`.
    [[nodiscard]] Size fitted(double side) const {
        return scaled(std::min(1.0, side / std::max(width, height)));
    }
};

std::int64_t cells(const Size& size, double side) {
    return static_cast<std::int64_t>(std::ceil(size.width / side) * std::ceil(size.height / side));
}

std::int64_t by_tiles(const Prompt::Image& image, const Formula& formula, bool is_known) {
    if (image.detail == Prompt::Image::Detail::low) {
        return formula.base;
    }
    std::int64_t tiles = kTilesMax;
    if (is_known) {
        const Size fitted = Size{1.0 * image.width, 1.0 * image.height}.fitted(kTileFit);
        const double shorter = std::min(fitted.width, fitted.height);
        tiles = cells(fitted.scaled(std::min(1.0, kTileShortSide / shorter)), kTile);
    }
    return formula.base + tiles * formula.each;
}

std::int64_t by_patches(const Prompt::Image& image, const Formula& formula, bool is_known) {
    std::int64_t patches = formula.base;
    if (is_known) {
        // Above the limit the picture is scaled down until its patches fit.
        patches = std::min(patches, cells({1.0 * image.width, 1.0 * image.height}, kPatch));
    }
    return (patches * formula.each + 999) / 1'000;
}

std::int64_t by_area(const Prompt::Image& image, const Formula& formula, bool is_known) {
    const auto side = static_cast<double>(formula.base);
    const Size fitted =
        is_known ? Size{1.0 * image.width, 1.0 * image.height}.fitted(side) : Size{side, side};
    return static_cast<std::int64_t>(
        std::ceil(fitted.width * fitted.height / static_cast<double>(formula.each)));
}

std::int64_t by_squares(const Prompt::Image& image, const Formula& formula, bool is_known) {
    if (!is_known) {
        return kSquaresAssumed * formula.each;
    }
    const bool is_small = image.width <= kOneSquare && image.height <= kOneSquare;
    return formula.each * (is_small ? 1 : cells({1.0 * image.width, 1.0 * image.height}, kSquare));
}

}  // namespace

std::int64_t image_tokens(const Prompt::Image& image, std::string_view model) {
    model = model.substr(model.rfind('/') + 1);
    const auto formula =
        std::find_if(kFormulas.begin(), kFormulas.end(), [model](const Formula& each) {
            return detail::starts_folded(model, each.prefix);
        });
    const bool is_known = image.width > 0 && image.height > 0;
    switch (formula->rule) {
        case Rule::tiles:
            return by_tiles(image, *formula, is_known);
        case Rule::patches:
            return by_patches(image, *formula, is_known);
        case Rule::area:
            return by_area(image, *formula, is_known);
        case Rule::squares:
            break;
    }
    return by_squares(image, *formula, is_known);
}

}  // namespace pulse::pricing
